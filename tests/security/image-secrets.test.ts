/**
 * What a machine tells of a compartment that trapped holds nothing of what the compartment knew: not of its memory, its
 * stack, its registers; and of addresses only distances.
 */
import assert from "node:assert/strict";
import { casesEntry, ENDS, kernelImports, TRIES, TRIES_IMPORTS } from "./probe-text.ts";
import { linkPlan, planProbe, showRecords, testOnHosts, type Ran } from "./whole-image.ts";

const SECRETS = [
  0x8f3b_c19d_5ae7_6241n,
  0xd7e4_92c6_b85f_3a1dn,
  0x6c9a_f4e8_71d3_b52bn,
  0xe15d_83b7_c4f9_2a6en,
];
const PLANTED = 64;

const bytesOf = (secret: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(secret);
  return bytes;
};
/** In a module's text. */
const planted = `(data (i32.const ${PLANTED}) "${SECRETS.map((secret) =>
  [...bytesOf(secret)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join(""),
).join("")}")`;

/** Every half of a secret in every writing that a report could have. */
const WRITINGS: readonly string[] = SECRETS.flatMap((secret) => {
  const bytes = bytesOf(secret);
  const halves = [bytes.subarray(0, 4), bytes.subarray(4)];
  return [
    secret.toString(),
    BigInt.asIntN(64, secret).toString(),
    ...halves.flatMap((half) => [
      half.toString("latin1"),
      Buffer.from(half).reverse().toString("latin1"),
      half.toString("hex"),
      Buffer.from(half).reverse().toString("hex"),
      String(half.readUInt32LE()),
      String(half.readInt32LE()),
    ]),
  ];
});

function leaks({ output, errors, control }: Pick<Ran, "output" | "errors" | "control">): string[] {
  const said = [output, errors, ...control].join("\n").toLowerCase();
  return WRITINGS.filter((writing) => said.includes(writing.toLowerCase()));
}

/** A secret in each kind of register and in stack slots, all of them needed again behind the call that traps. */
const holding = (name: string, act: string) => `
  (func $${name}Inner (param $a i64) (param $b i64) (param $c f64) (result i64)
    (local $d i64)
    (local.set $d (i64.rotl (local.get $a) (i64.const 8)))
    ${act}
    (i64.add (i64.xor (local.get $a) (local.get $b))
      (i64.add (local.get $d) (i64.reinterpret_f64 (local.get $c)))))
  (func $${name} (local $a i64) (local $b i64) (local $c i64)
    (local.set $a (i64.load (i32.const ${PLANTED})))
    (local.set $b (i64.load (i32.const ${PLANTED + 8})))
    (local.set $c (i64.load (i32.const ${PLANTED + 16})))
    (global.set $kept (i64.load (i32.const ${PLANTED + 24})))
    (i64.store (i32.const 128) (i64.xor (local.get $c) (i64.add (local.get $a)
      (call $${name}Inner (local.get $a) (local.get $b) (f64.reinterpret_i64 (local.get $c))))))
    (i64.store (i32.const 136) (i64.mul (local.get $a) (local.get $b))))`;

const TRAPS: Readonly<Record<string, readonly [act: string, cause: string]>> = {
  unreachable: ["unreachable", "6"],
  load: ["(drop (i32.load (i32.const 65536)))", "e"],
  fill: ["(memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))", "6"],
  loop: ["(loop $again (local.set $d (i64.add (local.get $d) (local.get $a))) (br $again))", "101"],
  deep: ["(drop (call $deepInner (local.get $d) (local.get $b) (local.get $c)))", "103"],
};
const NAMES = Object.keys(TRAPS);
const functions = NAMES.map((name) => holding(name, TRAPS[name]![0])).join("\n");
const MODULE = `(global $kept (mut i64) (i64.const 0)) ${planted} ${functions}`;
const SMALL_STACK_BYTES = 64 * 1024;
const CONFIGURATION = { configuration: ["app.timeLimitMs=200"] };

testOnHosts("an app's secrets are in no report of its traps", async (host) => {
  const kernel = `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    (func (export "start") (call $tryAll (i32.const ${NAMES.length}))) ${ENDS}`;
  const app = `(memory (export "memory") 1) ${MODULE} ${casesEntry(NAMES.map((name) => `call $${name}`))}`;
  const ran = await host.run(
    linkPlan(planProbe({ kernel, app, appStackBytes: SMALL_STACK_BYTES }), host.platform),
    CONFIGURATION,
  );
  assert.equal(ran.output, "11131");
  assert.deepEqual(showRecords(ran), [
    ...NAMES.map((name) => `trap 0 ${TRAPS[name]![1]}`),
    "started",
    "exit 0",
  ]);
  assert.deepEqual(leaks(ran), []);
  requireDistances(ran);
});

testOnHosts("a kernel's secrets are in no report of its traps", async (host) => {
  for (const name of NAMES.filter((each) => each !== "loop")) {
    const kernel = `${kernelImports("exit", "idle")} (memory (export "memory") 1) ${MODULE}
      (func (export "start") (call $${name})) ${ENDS}`;
    const ran = await host.run(linkPlan(planProbe({ kernel }), host.platform));
    assert.deepEqual(showRecords(ran), [`trap kernel ${TRAPS[name]![1]}`, "exit 70"]);
    assert.deepEqual([leaks(ran), ran.output], [[], ""]);
    requireDistances(ran);
  }
});

testOnHosts("an abort tells what it was given, and nothing that lies beside it", async (host) => {
  const message = [..."no luck"].map((letter) => `${letter}\\00`).join("");
  const app = `(import "env" "abort" (func $abort (param i32 i32 i32 i32))) (memory (export "memory") 1) ${planted}
    (data (i32.const ${PLANTED + 32}) "\\0e\\00\\00\\00${message}")
    ${casesEntry([
      `(call $abort (i32.const ${PLANTED + 36}) (i32.const 0) (i32.const 3) (i32.const 4))`,
      `(call $abort (i32.const ${PLANTED + 4}) (i32.const 65536) (i32.const 3) (i32.const 4))`,
      `(call $abort (i32.const -2) (i32.const 3) (i32.const 3) (i32.const 4))`,
    ])}`;
  const kernel = `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    (func (export "start") (call $tryAll (i32.const 3))) ${ENDS}`;
  const ran = await host.run(linkPlan(planProbe({ kernel, app }), host.platform));
  assert.deepEqual(
    ran.control.filter((line) => line.startsWith("abort")),
    ["abort 0 no luck (:3:4)", "abort 0  (:3:4)", "abort 0  (:3:4)"],
  );
  assert.deepEqual(leaks(ran), []);
});

testOnHosts("a secret that is said is found", async (host) => {
  const kernel = `${kernelImports("write", "exit", "idle")} (memory (export "memory") 1) ${planted}
    (func (export "start") (call $write (i32.const 2) (i32.const ${PLANTED + 4}) (i32.const 4))) ${ENDS}`;
  const ran = await host.run(linkPlan(planProbe({ kernel }), host.platform));
  assert.equal(leaks(ran).length, 1);
  for (const writing of WRITINGS) {
    assert.notDeepEqual(leaks({ output: "", errors: "", control: [`trap 0 e 0 ${writing}`] }), []);
  }
});

/** No number in a record is an address: code and data of a small image lie within 16 MiB of where they begin. */
function requireDistances({ records }: Ran): void {
  for (const record of records) {
    if (record.kind !== "trap") continue;
    assert.ok(record.code < 1 << 24);
    assert.ok(BigInt.asIntN(64, record.address) < 1 << 24 && BigInt.asIntN(64, record.address) > -(1 << 24));
    for (const [distance, code] of record.words) assert.ok(distance < 1 << 20 && code < 1 << 24);
  }
}
