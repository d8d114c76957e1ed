import test from "node:test";
import assert from "node:assert/strict";
import type { CompiledModule } from "../../../src/abi/object.ts";
import { ValueType } from "../../../src/abi/wasm.ts";
import { compiledModule } from "../../../src/linker/test-module.ts";
import type { Blueprint } from "../executor.ts";
import { linkage } from "./linkage.ts";

const NOBODY = (): undefined => undefined;
const from = (instance: number) => (): number => instance;

function withTable(minimum: number, imported: boolean): CompiledModule {
  return {
    ...compiledModule({ functions: [] }),
    imports: imported ? [{ module: "a", name: "t", kind: "table", index: 0 }] : [],
    exports: [{ name: "t", kind: "table", index: 0 }],
    tables: [
      {
        imported,
        type: ValueType.FuncRef,
        limits: { minimum, maximum: undefined },
        place: imported ? "imported" : "own",
        slot: 0,
        constantElements: undefined,
      },
    ],
  };
}

const link = (...blueprints: Blueprint<CompiledModule>[]) => linkage(blueprints, () => withTable(0, true));

test("instances are linked with those that they import from", () => {
  const { program, places } = link(
    { module: withTable(1, false), provider: NOBODY },
    { module: withTable(1, true), provider: from(0) },
  );
  assert.deepEqual(
    places.map((place) => place.kind === "linked" && [place.instance, place.sizeChecks]),
    [
      [0, []],
      [1, []],
    ],
  );
  assert.deepEqual(program.instances[1]!.imports, [{ kind: "export", instance: 0, name: "t" }]);
});

test("what nothing provides is left out, and what imports from that", () => {
  const { program, places } = link(
    { module: withTable(1, true), provider: NOBODY },
    { module: withTable(1, true), provider: from(0) },
    { module: withTable(1, false), provider: NOBODY },
  );
  assert.deepEqual(
    places.map((place) => place.kind),
    ["unlinkable", "unlinkable", "linked"],
  );
  assert.equal(program.instances.length, 1);
});

test("a table that must have grown is linked, with a probe for its size", () => {
  const { program, places } = link(
    { module: withTable(1, false), provider: NOBODY },
    { module: withTable(2, true), provider: from(0) },
  );
  const [, grown] = places;
  assert.deepEqual(grown?.kind === "linked" && grown.sizeChecks, [{ kind: "table", minimum: 2, probe: 2 }]);
  assert.deepEqual(program.instances[2]!.imports, [{ kind: "export", instance: 0, name: "t" }]);
});
