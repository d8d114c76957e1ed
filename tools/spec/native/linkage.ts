/**
 * Makes one program of a script's instances. What does not fit is left out, and says so when it is to be
 * instantiated. A memory or table may have grown by then, so where a minimum asks for more than the provider was
 * declared with, its size is left to be looked at.
 *
 * Tests: linkage.test.ts
 */
import type { CompiledModule, ModuleImport } from "../../../src/abi/object.ts";
import { importError } from "../../../src/linker/link.ts";
import type { ImportSource, Instance, Program } from "../../../src/linker/program.ts";
import { Resolver } from "../../../src/linker/resolve.ts";
import type { Blueprint } from "../executor.ts";

export interface Linkage {
  readonly program: Program;
  /** By index among the blueprints. */
  readonly places: readonly LinkagePlace[];
}

export type LinkagePlace =
  | {
      readonly kind: "linked";
      /** Index in the program. */
      readonly instance: number;
      readonly sizeChecks: readonly SizeCheck[];
    }
  | { readonly kind: "unlinkable"; readonly message: string };

/** Only if the provider has grown to the minimum can the instance be made. */
export type SizeCheck = { readonly minimum: number } & (
  | { readonly kind: "memory"; readonly instance: number }
  /** The instance whose function 0 gives the table's length. */
  | { readonly kind: "table"; readonly probe: number }
);

/** As large as a memory or table can be: fits every minimum. */
const GROWN = 0xffff_ffff;

/** `probe` makes a module that imports table "t" of a type and whose function 0 gives its length. */
export function linkage(
  blueprints: readonly Blueprint<CompiledModule>[],
  probe: (type: number) => CompiledModule,
): Linkage {
  const instances: Instance[] = [];
  const places: LinkagePlace[] = [];
  for (const blueprint of blueprints) {
    const { module } = blueprint;
    const providers = module.imports.map((item) => {
      const number = blueprint.provider(item.module, item.name);
      const place = number === undefined ? undefined : places[number];
      return place?.kind === "linked" ? place.instance : undefined;
    });
    const imports = module.imports.map((item, index) => sourceOf(item, providers[index], module, instances));
    const instance = instances.push({ module, imports }) - 1;
    const error = importError({ instances }, instance);
    if (error !== undefined) {
      instances.pop();
      places.push({ kind: "unlinkable", message: error.message });
      continue;
    }
    const sizeChecks = imports.flatMap((source, index): SizeCheck[] => {
      if (source?.kind !== "export" || source.size === undefined) return [];
      const item = module.imports[index]!;
      if (item.kind === "memory") {
        return [{ kind: "memory", minimum: module.memory!.limits.minimum, instance: source.instance }];
      }
      const table = module.tables[(item as ModuleImport & { kind: "table" }).index]!;
      const provider: ImportSource = { kind: "export", instance: source.instance, name: source.name };
      const number = instances.push({ module: probe(table.type), imports: [provider] }) - 1;
      return [{ kind: "table", minimum: table.limits.minimum, probe: number }];
    });
    places.push({ kind: "linked", instance, sizeChecks });
  }
  return { program: { instances }, places };
}

function sourceOf(
  item: ModuleImport,
  provider: number | undefined,
  importer: CompiledModule,
  instances: readonly Instance[],
): ImportSource | undefined {
  if (provider === undefined) return undefined;
  const source = { kind: "export", instance: provider, name: item.name } as const;
  if (item.kind !== "memory" && item.kind !== "table") return source;
  const exported = instances[provider]!.module.exports.find((one) => one.name === item.name);
  if (exported?.kind !== item.kind) return source;
  const entity = new Resolver({ instances }).resolve(provider, item.kind, exported.index);
  const owner = instances[entity.owner]!.module;
  const [declared, wanted] =
    item.kind === "memory"
      ? [owner.memory!, importer.memory!]
      : [owner.tables[entity.index]!, importer.tables[item.index]!];
  return wanted.limits.minimum > declared.limits.minimum ? { ...source, size: GROWN } : source;
}
