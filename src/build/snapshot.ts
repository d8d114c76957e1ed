/** Puts a snapshot in the place of what compiled modules begin with. */
import type { CompiledModule, InitialBytes } from "../abi/object.ts";
import type { Snapshot } from "../image/snapshot.ts";

/** Engine and glue as they were when the snapshot was taken; their initializers have run. */
export function withSnapshot(
  engine: CompiledModule,
  glue: CompiledModule,
  { memory, engineGlobals, glueGlobals }: Snapshot,
): { readonly engine: CompiledModule; readonly glue: CompiledModule } {
  return {
    engine: begunModule(engine, [{ offset: 0, bytes: memory }], engineGlobals),
    glue: begunModule(glue, [], glueGlobals),
  };
}

function begunModule(
  module: CompiledModule,
  memory: readonly InitialBytes[],
  values: readonly bigint[],
): CompiledModule {
  const { initial, globals, tables } = module;
  if (initial === undefined) throw new Error("a snapshot needs modules whose initial content is data");
  if (tables.some(({ place }) => place !== "constant")) {
    throw new Error("a snapshot holds memory and globals, and this module's tables may have changed");
  }
  const own = globals.filter(({ imported }) => !imported);
  if (own.length !== values.length || own.length !== globals.length) {
    throw new Error(`a snapshot of ${values.length} globals does not fit a module of ${globals.length}`);
  }
  const context = initial.context.slice();
  const view = new DataView(context.buffer);
  own.forEach(({ slot }, index) => view.setBigUint64(slot, values[index]!, true));
  return { ...module, initial: { memory, context, complete: true } };
}
