/** What an app or the kernel can do to itself on a whole image: it is told clearly, the kernel lives, and nothing stays. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import { wat } from "../../src/compiler/wasm/module.harness.ts";
import { planImage } from "../../src/platform/compartment/plan-image.ts";
import {
  casesEntry,
  countWords,
  ENDS,
  fillWords,
  kernelImports,
  TRIES,
  TRIES_IMPORTS,
} from "./probe-text.ts";
import { hosts, linkPlan, planProbe, showRecords, testOnHosts, type Host } from "./whole-image.ts";

const KERNEL_FAULT_STATUS = 70;
const ZEROING = Buffer.from([0xf3, 0x48, 0xab]); // rep stosq
/** In the header of an ELF's first segment, the keel's (System V ABI, ELF-64): where its bytes stand in the file. */
const FIRST_SEGMENT_OFFSET = 64 + 8;
const FIRST_SEGMENT_BYTES = 64 + 32;

/** Tries all cases of an app, then one that must return. */
function triesKernel(count: number, more = ""): string {
  return `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    (func (export "start") (call $tryAll (i32.const ${count})) ${more}) ${ENDS}`;
}

const recursion = (depth: number): string => `
  (func $deep (param $depth i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (return (i32.const 0))))
    (i32.xor (local.get $depth) (call $deep (i32.sub (local.get $depth) (i32.const 1)))))
  (func $recurse (drop (call $deep (i32.const ${depth}))))`;
const RECURSION_DEPTH = 20_000;
const SMALL_STACK_BYTES = 64 * 1024;

testOnHosts("an app that exhausts its native stack is reported, and runs again", async (host) => {
  const app = `(memory (export "memory") 1) ${recursion(RECURSION_DEPTH)} ${casesEntry(["call $recurse", "nop"])}`;
  const kernel = triesKernel(2);
  const small = planProbe({ kernel, app, appStackBytes: SMALL_STACK_BYTES });
  const ran = await host.run(linkPlan(small, host.platform));
  assert.equal(ran.output, "10");
  assert.deepEqual(showRecords(ran), ["trap 0 103", "started", "exit 0"]);
  // The same depth on a stack that has the room.
  const large = await host.run(linkPlan(planProbe({ kernel, app }), host.platform));
  assert.equal(large.output, "00");
  assert.deepEqual(showRecords(large), ["started", "exit 0"]);
});

testOnHosts("a kernel that exhausts its native stack is reported, and is the machine's end", async (host) => {
  const kernel = (depth: number) => `${kernelImports("exit", "idle")} (memory (export "memory") 1)
    ${recursion(depth)} (func (export "start") (call $recurse)) ${ENDS}`;
  const deep = await host.run(linkPlan(planProbe({ kernel: kernel(RECURSION_DEPTH) }), host.platform));
  assert.deepEqual(showRecords(deep), ["trap kernel 103", `exit ${KERNEL_FAULT_STATUS}`]);
  const shallow = await host.run(linkPlan(planProbe({ kernel: kernel(100) }), host.platform));
  assert.deepEqual(showRecords(shallow), ["started", "exit 0"]);
});

/** The service's function recurses: on the kernel's stack, while the app waits on its own. */
testOnHosts("a kernel that exhausts its stack in a service call is not taken for the app", async (host) => {
  const kernel = `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    ${recursion(RECURSION_DEPTH)} (func (export "app_exit") (param i32) (call $recurse))
    (func (export "start") (call $tryAll (i32.const 1))) ${ENDS}`;
  const app = `(import "app" "exit" (func $exit (param i32))) (memory (export "memory") 1)
    ${casesEntry(["(call $exit (i32.const 0))"])}`;
  const ran = await host.run(linkPlan(planProbe({ kernel, app }), host.platform));
  assert.deepEqual(showRecords(ran), ["trap kernel 103", `exit ${KERNEL_FAULT_STATUS}`]);
});

const TRAPS: readonly (readonly [body: string, cause: string])[] = [
  ["unreachable", "6"],
  ["(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))", "6"],
  ["(drop (i32.load (i32.const 65536)))", "e"],
  ["(drop (i32.trunc_f64_s (f64.const nan)))", "6"],
  ["(call_indirect (i32.load (i32.const 0)))", "6"],
];

testOnHosts("each kind of trap is told, and the kernel goes on", async (host) => {
  const app = `(memory (export "memory") 1) (table 1 funcref) ${casesEntry([...TRAPS.map(([body]) => body), "nop"])}`;
  const ran = await host.run(
    linkPlan(planProbe({ kernel: triesKernel(TRAPS.length + 1), app }), host.platform),
  );
  assert.equal(ran.output, `${"1".repeat(TRAPS.length)}0`);
  assert.deepEqual(showRecords(ran), [...TRAPS.map(([, cause]) => `trap 0 ${cause}`), "started", "exit 0"]);
  assert.ok(!ran.errors.includes("keel"));
});

testOnHosts("an endless loop ends with its time limit, and the kernel goes on", async (host) => {
  const loop = "(loop $again (br $again))";
  const long = `(local $left i32) (local.set $left (i32.const 5000000))
    (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`;
  const app = `(memory (export "memory") 1) ${casesEntry([loop, long, loop, "nop"])}`;
  const program = linkPlan(planProbe({ kernel: triesKernel(4), app }), host.platform);
  const ran = await host.run(program, { configuration: ["app.timeLimitMs=500"] });
  assert.equal(ran.output, "3030");
  assert.deepEqual(showRecords(ran), ["trap 0 101", "trap 0 101", "started", "exit 0"]);
});

const GROW_ALL = `(local $pages i32) (local $at i32)
  (loop $more
    (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
  (local.set $pages (memory.size))
  (loop $touch
    (i32.store (local.get $at) (i32.const 1))
    (local.set $at (i32.add (local.get $at) (i32.const 4096)))
    (br_if $touch (i32.lt_u (local.get $at) (i32.shl (local.get $pages) (i32.const 16)))))`;

testOnHosts("a memory bomb is told or refused, and the kernel goes on", async (host) => {
  const app = `(memory (export "memory") 1 16384) ${casesEntry([GROW_ALL, "nop", GROW_ALL, "nop"])}`;
  // Under a hypervisor within another, each page that is given takes a millisecond.
  const count = host.name.includes("kvm") ? 2 : 4;
  const program = linkPlan(planProbe({ kernel: triesKernel(count), app }), host.platform);
  const bombs = count / 2;
  if (host.platform === "bare") {
    const ran = await host.run(program, { memory: "8M" });
    assert.equal(ran.output, "10".repeat(bombs));
    assert.deepEqual(showRecords(ran), [...new Array<string>(bombs).fill("trap 0 102"), "started", "exit 0"]);
  }
  // Held to less than there is, it is refused more, and does no harm.
  const held = await host.run(program, { memory: "8M", configuration: ["app.memoryMiB=2"] });
  assert.equal(held.output, "00".repeat(bombs));
  assert.deepEqual(showRecords(held), ["started", "exit 0"]);
});

const MARK = 0x5ec2_e7ab_ad1d_ea5cn;
const SOIL_PAGES = 8;

/** Case 0 leaves something everywhere and traps, 1 the same and returns; 2 traps where it finds something. */
const SOILED_APP = `
  (memory (export "memory") 2 64) (data $passive "passive") (data (i32.const 8) "initial!")
  (table $table 2 funcref) (elem (table $table) (i32.const 0) func $nothing)
  (elem declare func $soil) (global $global (mut i64) (i64.const 7))
  (func $nothing)
  ${fillWords("fill", MARK)} ${countWords("count", MARK)}
  (func $soil
    (drop (memory.grow (i32.const ${SOIL_PAGES})))
    (call $fill (i32.const 0) (i32.shl (memory.size) (i32.const 16)))
    (global.set $global (i64.const ${MARK}))
    (table.set $table (i32.const 0) (ref.null func))
    (table.set $table (i32.const 1) (ref.func $soil))
    (data.drop $passive))
  (func $require (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
  ${casesEntry([
    "(call $soil) unreachable",
    "(call $soil)",
    `(call $require (i32.eq (memory.size) (i32.const 2)))
     (call $require (i32.eqz (call $count (i32.const 0) (i32.const 131072))))
     (call $require (i64.eq (i64.load (i32.const 8)) (i64.const 0x216c616974696e69)))
     (call $require (i64.eq (global.get $global) (i64.const 7)))
     (call_indirect (i32.const 0))
     (call $require (ref.is_null (table.get $table (i32.const 1))))
     (memory.init $passive (i32.const 64) (i32.const 0) (i32.const 7))
     (drop (memory.grow (i32.const ${SOIL_PAGES})))
     (call $require (i32.eqz (call $count (i32.const 0) (i32.shl (memory.size) (i32.const 16)))))`,
  ])}`;

testOnHosts("an app that is started again finds nothing of before", async (host) => {
  const kernel = (acts: string) => `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    (func (export "start") ${acts}) ${ENDS}`;
  const run = async (acts: string) =>
    (await host.run(linkPlan(planProbe({ kernel: kernel(acts), app: SOILED_APP }), host.platform))).output;
  const soiled = "(call $try (i32.const 0)) (call $try (i32.const 2))";
  assert.equal(await run(soiled + soiled), "1010");
  assert.equal(await run("(call $enterCase (i32.const 1)) (call $enterCase (i32.const 2))"), "01");
});

/** The kernel grows into frames that the app gave back. */
const HEIR_KERNEL = `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1 64) ${TRIES}
  ${countWords("count", MARK)}
  (func (export "start")
    (call $try (i32.const 0))
    (drop (memory.grow (i32.const ${SOIL_PAGES})))
    (call $print (select (i32.const 35) (i32.const 46)
      (call $count (i32.const 65536) (i32.shl (memory.size) (i32.const 16))))))
  ${ENDS}`;

testOnHosts("memory that the app gave back tells the kernel nothing", async (host) => {
  const { elf } = linkPlan(planProbe({ kernel: HEIR_KERNEL, app: SOILED_APP }), host.platform);
  assert.equal((await host.run({ elf })).output, "1.");
  if (host.platform !== "bare") return;
  // Without the zeroing in the keel, the marks are there.
  const bytes = Buffer.from(elf);
  const end = bytes.readUInt32LE(FIRST_SEGMENT_OFFSET) + bytes.readUInt32LE(FIRST_SEGMENT_BYTES);
  const at = bytes.subarray(0, end).lastIndexOf(ZEROING);
  assert.notEqual(at, bytes.indexOf(ZEROING), "one zeroes tables, one pages");
  bytes.fill(0x90, at, at + ZEROING.length);
  assert.equal((await host.run({ elf: bytes })).output, "1#");
});

const RESTARTS = 16;
const RESTART_LIMIT_NS = 1e6;

test("starting the HTTP server again takes less than a millisecond", async (t) => {
  const { app } = await buildImage(path.resolve(import.meta.dirname, "../../examples/http-native/main.ts"));
  const kernel = `${kernelImports("write", "exit", "idle", "enter", "restart", "monotonic")}
    (memory (export "memory") 1)
    (func (export "http_listen") (param i32) (result i32) (i32.const 0))
    (func (export "http_respond") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "start") (local $at i32)
      (loop $next
        (drop (call $enter (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (drop (call $enter (i32.const 0) (i32.const 11) (i32.const 0) (i32.const 0)))
        (i64.store (local.get $at) (call $monotonic))
        (call $restart (i32.const 0))
        (drop (call $enter (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (i64.store offset=8 (local.get $at) (call $monotonic))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const ${RESTARTS * 16}))))
      (call $write (i32.const 1) (i32.const 0) (i32.const ${RESTARTS * 16})))
    ${ENDS}`;
  const compile = (bytes: Uint8Array) => compileModule(bytes, { initial: "data" });
  const plan = planImage({
    kernel: compile(wat(`(module ${kernel})`)),
    app: compile(app),
    isNetworked: false,
  });
  for (const host of await hosts(t))
    await reportRestarts(host, await restartsNs(host, plan), t.diagnostic.bind(t));
});

async function restartsNs(host: Host, plan: Parameters<typeof linkPlan>[0]): Promise<number[]> {
  const { output } = await host.run(linkPlan(plan, host.platform));
  const bytes = Buffer.from(output, "latin1");
  const times = Array.from({ length: RESTARTS }, (_, at) =>
    Number(bytes.readBigInt64LE(at * 16 + 8) - bytes.readBigInt64LE(at * 16)),
  );
  return times.sort((a, b) => a - b);
}

function reportRestarts(host: Host, times: readonly number[], say: (text: string) => void): void {
  const microseconds = (ns: number) => `${(ns / 1000).toFixed(1)} µs`;
  const [least, median] = [times[0]!, times[times.length / 2]!];
  say(`${host.name}: a restart takes ${microseconds(median)}, at best ${microseconds(least)}`);
  // A processor that is emulated, or whose faults go through two hypervisors, is no measure.
  if (host.platform === "process") assert.ok(least < RESTART_LIMIT_NS);
}
