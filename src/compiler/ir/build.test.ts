import test from "node:test";
import assert from "node:assert/strict";
import { generateModule } from "../../../fuzz/compiler/generate.ts";
import { graphOf, sourcesOf } from "../stages.harness.ts";
import { wat } from "../wasm/module.harness.ts";
import { buildGraph } from "./build.ts";
import { findFaults } from "./faults.harness.ts";
import type { Graph } from "./graph.ts";
import { listGraph } from "./listing.ts";
import { findShape } from "./shape.ts";

const RANDOM_MODULES = process.env["SKERRY_LONG"] === "1" ? 4000 : 60;

/** As the builder leaves it. */
function built(text: string): Graph {
  const graph = buildGraph(sourcesOf(wat(`(module (memory 1) ${text})`))[0]!);
  findShape(graph);
  assert.deepEqual(findFaults(graph), []);
  return graph;
}

function requireListing(text: string, expected: string): void {
  const lines = (of: string) =>
    of
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  assert.deepEqual(lines(listGraph(built(text))), lines(expected));
}

test("random modules become graphs without a fault, before they are improved and after", () => {
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    for (const source of sourcesOf(generateModule(seed).wasm)) {
      const where = `seed ${seed}, function ${source.index}`;
      const plain = buildGraph(source);
      findShape(plain);
      assert.deepEqual(findFaults(plain), [], where);
      assert.deepEqual(findFaults(graphOf(source)), [], `${where}, improved`);
    }
  }
});

test("faults are found: a use before its definition, an argument too many, an edge known at one end", () => {
  const text = `(func (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (local.get 0) (i32.const 1))) (else (i32.const 5))))`;
  const damages: readonly [RegExp, (graph: Graph) => void][] = [
    [/does not dominate the use/, (graph) => void (graph.blocks[2]!.inputs = [graph.blocks[1]!.values[0]!])],
    [
      /with 3 arguments/,
      (graph) => void graph.blocks[3]!.phis[0]!.args.push(graph.blocks[3]!.phis[0]!.args[1]!),
    ],
    [/does not know it/, (graph) => void graph.blocks[3]!.predecessors.pop()],
    [/stands nowhere/, (graph) => void graph.blocks[1]!.values.pop()],
    [/returns values of other types/, (graph) => void (graph.blocks[3]!.inputs = [])],
  ];
  for (const [expected, damage] of damages) {
    const graph = built(text);
    damage(graph);
    assert.match(findFaults(graph).join("\n"), expected);
  }
});

test("where ways meet there is a phi for each local that differs, and for no other", () => {
  requireListing(
    `(func (param i32 i32) (result i32) (local i32)
      (if (local.get 0) (then (local.set 2 (i32.const 7))) (else (local.set 1 (local.get 1))))
      (i32.sub (local.get 1) (local.get 2)))`,
    `b0
      v0 = i32 parameter 0
      v1 = i32 parameter 1
      branch v0 ? b1 : b2
    b1 from b0
      jump b3
    b2 from b0
      jump b3
    b3 from b1 b2
      v2 = i32 phi 7 0
      v3 = i32 sub v1 v2
      return v3`,
  );
});

test("a loop has a phi for each local that it assigns, inner loops included, and for no other", () => {
  requireListing(
    `(func (param i32 i32 i32) (result i32)
      (loop
        (loop (local.set 1 (i32.mul (local.get 1) (local.get 2))) (br_if 0 (local.get 1)))
        (br_if 0 (local.tee 0 (i32.mul (local.get 0) (local.get 2)))))
      (local.get 1))`,
    `b0
      v0 = i32 parameter 0
      v1 = i32 parameter 1
      v2 = i32 parameter 2
      jump b1
    b1 from b0 b3, loop 1
      v3 = i32 phi v0 v7
      v4 = i32 phi v1 v6
      jump b2
    b2 from b1 b2, loop 2
      v5 = i32 phi v4 v6
      v6 = i32 mul v5 v2
      branch v6 ? b2 : b3
    b3 from b2, loop 1
      v7 = i32 mul v3 v2
      branch v7 ? b1 : b4
    b4 from b3
      return v6`,
  );
});

test("branches bring values to blocks and to loops", () => {
  requireListing(
    `(func (param i32) (result i32)
      (block (result i32)
        (drop (br_if 0 (i32.const 1) (local.get 0)))
        (i32.const 2)
        (loop (param i32) (result i32)
          (i32.mul (local.get 0)) (br_if 0 (local.get 0)))))`,
    `b0
      v0 = i32 parameter 0
      branch v0 ? b4 : b1
    b1 from b0
      jump b2
    b2 from b1 b2, loop 1
      v1 = i32 phi 2 v2
      v2 = i32 mul v1 v0
      branch v0 ? b2 : b3
    b3 from b2
      jump b4
    b4 from b0 b3
      v3 = i32 phi 1 v2
      return v3`,
  );
});

test("a table of branches has each target once, and an exit of its own where it returns", () => {
  requireListing(
    `(func (param i32) (result i32)
      (block (result i32)
        (i32.const 9)
        (br_table 0 1 0 1 (local.get 0))))`,
    `b0
      v0 = i32 parameter 0
      switch v0 : b2 b1 b2 b1
    b1 from b0
      return 9
    b2 from b0
      return 9`,
  );
});

test("code that cannot be reached is left out, blocks in it too", () => {
  requireListing(
    `(func (param i32) (result i32)
      (block
        (br 0)
        (loop (if (i32.load (i32.const 0)) (then (br 1)) (else (unreachable))) (br 0)))
      (if (local.get 0) (then (return (i32.const 1)) (drop (i32.div_u (i32.const 1) (i32.const 0)))))
      (return (i32.const 2))
      (i32.const 3))`,
    `b0
      v0 = i32 parameter 0
      jump b1
    b1 from b0
      branch v0 ? b2 : b3
    b2 from b1
      return 1
    b3 from b1
      jump b4
    b4 from b3
      return 2`,
  );
});

test("an if whose ways both leave ends its function there", () => {
  requireListing(
    `(func (param i32) (result i32)
      (if (local.get 0) (then (return (i32.const 1))) (else (unreachable)))
      (i32.const 3))`,
    `b0
      v0 = i32 parameter 0
      branch v0 ? b1 : b2
    b1 from b0
      return 1
    b2 from b0
      unreachable`,
  );
});

test("what traps or writes stays where it is, though nothing uses it", () => {
  const text = listGraph(
    graphOf(
      sourcesOf(
        wat(`(module (memory 1) (func (param i32)
          (drop (i32.load (local.get 0)))
          (drop (i32.div_s (local.get 0) (local.get 0)))
          (drop (i32.mul (local.get 0) (local.get 0)))
          (i32.store (local.get 0) (local.get 0))))`),
      )[0]!,
    ),
  );
  assert.match(text, /load[^]*div_s[^]*store/);
  assert.doesNotMatch(text, /mul/);
});
