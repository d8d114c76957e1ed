/** Compartments of whole images: a hostile app reaches nothing of the kernel, and the kernel only what was lent. */
import test from "node:test";
import assert from "node:assert/strict";
import { LinkError } from "../../src/linker/link-error.ts";
import {
  casesEntry,
  countWords,
  ENDS,
  fillWords,
  kernelImports,
  TRIES,
  TRIES_IMPORTS,
} from "./probe-text.ts";
import { linkPlan, planProbe, showRecords, testOnHosts } from "./whole-image.ts";

const PAGE = 65536;
const SECRET = 0x0123_4567_89ab_cdefn;
/** Where the indices of all cases stand in the app's memory. */
const INDICES = 1024;
const FREE = 32768;
/** The static offset of accesses whose last byte is the first behind the end. */
const OVER_THE_END = "offset=2";

interface Form {
  readonly bytes: number;
  /** The access, `INDEX` and `OFFSET` to be filled in. */
  readonly text: string;
  readonly isAtomic?: true;
}

const loads = ["i32", "i64"].flatMap((type) => [
  ...["8_s", "8_u"].map((kind): Form => form(`(drop (${type}.load${kind} OFFSET INDEX))`, 1)),
  ...["16_s", "16_u"].map((kind): Form => form(`(drop (${type}.load${kind} OFFSET INDEX))`, 2)),
]);
const FORMS: readonly Form[] = [
  ...loads,
  form("(drop (i32.load OFFSET INDEX))", 4),
  form("(drop (i64.load32_s OFFSET INDEX))", 4),
  form("(drop (i64.load32_u OFFSET INDEX))", 4),
  form("(drop (f32.load OFFSET INDEX))", 4),
  form("(drop (i64.load OFFSET INDEX))", 8),
  form("(drop (f64.load OFFSET INDEX))", 8),
  form("(i32.store8 OFFSET INDEX (i32.const -1))", 1),
  form("(i32.store16 OFFSET INDEX (i32.const -1))", 2),
  form("(i32.store OFFSET INDEX (i32.const -1))", 4),
  form("(i64.store8 OFFSET INDEX (i64.const -1))", 1),
  form("(i64.store16 OFFSET INDEX (i64.const -1))", 2),
  form("(i64.store32 OFFSET INDEX (i64.const -1))", 4),
  form("(i64.store OFFSET INDEX (i64.const -1))", 8),
  form("(f32.store OFFSET INDEX (f32.const 1))", 4),
  form("(f64.store OFFSET INDEX (f64.const 1))", 8),
  form("(drop (v128.load OFFSET INDEX))", 16),
  form("(drop (v128.load8_splat OFFSET INDEX))", 1),
  form("(drop (v128.load32x2_u OFFSET INDEX))", 8),
  form("(v128.store OFFSET INDEX (v128.const i64x2 -1 -1))", 16),
  atomic("(i32.atomic.store OFFSET INDEX (i32.const -1))", 4),
  atomic("(i64.atomic.store OFFSET INDEX (i64.const -1))", 8),
  atomic("(drop (i32.atomic.load OFFSET INDEX))", 4),
  atomic("(drop (i64.atomic.rmw.add OFFSET INDEX (i64.const -1)))", 8),
  atomic("(drop (i32.atomic.rmw8.xchg_u OFFSET INDEX (i32.const -1)))", 1),
  atomic("(drop (i32.atomic.rmw.cmpxchg OFFSET INDEX (i32.const 0) (i32.const -1)))", 4),
];

function form(text: string, bytes: number): Form {
  return { text, bytes };
}
function atomic(text: string, bytes: number): Form {
  return { text, bytes, isAtomic: true };
}

const LAST = 0xffff_ffff;
/** Index and static offset: behind the end, at both ends of 32 bits, and where their sum leaves 32 bits. */
const EXTREMES: readonly (readonly [index: number, offset: number])[] = [
  [PAGE, 0],
  [0, PAGE],
  [LAST, 0],
  [0, LAST],
  [LAST, LAST],
  [0x8000_0000, 0],
  [0x7fff_ffff, 0x8000_0000],
  [0x8000_0000, 0x8000_0000],
  [LAST - 7, 8], // the sum is 2^32: 0 for whoever counts in 32 bits
  [8, LAST - 7],
];

interface Cases {
  readonly bodies: string[];
  readonly indices: number[];
}

/** Every form at every place; an index comes from memory, where no compiler knows it, and as a constant. */
function accesses(places: readonly (readonly [index: number, offset: number])[]): Cases {
  const cases: Cases = { bodies: [], indices: [] };
  for (const { text, bytes } of FORMS) {
    for (const [index, offset] of places) {
      const known = (words: string) => text.replace("OFFSET", `offset=${offset}`).replace("INDEX", words);
      const unknown = `(i32.load (i32.const ${INDICES + 4 * cases.indices.length}))`;
      cases.indices.push(index);
      cases.bodies.push(known(unknown));
      if (bytes === 8) cases.bodies.push(known(`(i32.const ${index})`));
    }
    // Over the end by one byte; for atomics that would be no multiple of their size.
    if (bytes > 1)
      cases.bodies.push(
        text.replace("OFFSET", OVER_THE_END).replace("INDEX", `(i32.const ${PAGE - bytes - 1})`),
      );
  }
  return cases;
}

const range = (at: number, bytes: number) => `(i32.const ${at}) (i32.const ${bytes})`;
const BAD_RANGES = [
  [PAGE, 1],
  [PAGE - 1, 2],
  [0, PAGE + 1],
  [LAST, 1],
  [1, LAST],
  [LAST, LAST],
  [0x8000_0000, 0x8000_0000],
] as const;

/** Bulk operations, tables and calls, each outside of what it may do. */
const OTHERS: readonly string[] = [
  ...BAD_RANGES.flatMap(([at, bytes]) => [
    `(memory.fill (i32.const ${at}) (i32.const -1) (i32.const ${bytes}))`,
    `(memory.copy (i32.const ${at}) ${range(0, bytes)})`,
    `(memory.copy (i32.const 0) ${range(at, bytes)})`,
    ...(at < PAGE - 1 ? [] : [`(memory.init $passive (i32.const ${at}) ${range(0, 7)})`]),
    `(memory.init $passive (i32.const 0) ${range(at, bytes)})`,
    `(table.fill $table (i32.const ${at}) (ref.null func) (i32.const ${bytes}))`,
    `(table.copy $table $table (i32.const ${at}) ${range(0, bytes)})`,
    `(table.copy $table $table (i32.const 0) ${range(at, bytes)})`,
    `(table.init $table $elements (i32.const ${at}) ${range(0, bytes)})`,
    `(table.init $table $elements (i32.const 0) ${range(at, bytes)})`,
  ]),
  ...[4, 5, 0x1000_0000, 0x2000_0000, 0x7fff_ffff, 0x8000_0000, LAST].flatMap((index) => [
    `(drop (table.get $table (i32.const ${index})))`,
    `(table.set $table (i32.const ${index}) (ref.func $nothing))`,
    `(call_indirect $table (i32.const ${index}))`,
  ]),
  "(call_indirect $table (i32.const 1))", // null
  "(drop (call_indirect $table (result i64) (i32.const 0)))", // of another type
  "(call_indirect $table (param i32) (i32.const 0) (i32.const 0))",
];

/** The kernel fills its memory, has the app do all its cases, and counts what is left. */
const victim = (count: number, more = "") => `${kernelImports(...TRIES_IMPORTS)}
  (memory (export "memory") 4) ${TRIES} (global $mark (mut i64) (i64.const ${SECRET}))
  ${fillWords("fill", SECRET)} ${countWords("count", SECRET)}
  (func (export "start")
    (call $fill (i32.const 8) (i32.const ${4 * PAGE}))
    (call $tryAll (i32.const ${count}))
    ${more}
    (call $print (select (i32.const 46) (i32.const 35) (i32.and
      (i64.eq (global.get $mark) (i64.const ${SECRET}))
      (i32.eq (call $count (i32.const 8) (i32.const ${4 * PAGE})) (i32.const ${(4 * PAGE) / 8 - 1}))))))
  ${ENDS}`;

function attacker({ bodies, indices }: Cases): string {
  const words = indices.map((index) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(index);
    return [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  });
  return `(memory (export "memory") 1 1) (data (i32.const ${INDICES}) "${words.join("")}") (data $passive "passive")
    (table $table 4 4 funcref) (elem (table $table) (i32.const 0) func $nothing) (elem $elements func $nothing)
    (func $nothing) ${casesEntry(bodies)}`;
}

testOnHosts(
  "every form of access outside an app's memory traps, and the kernel's is as it was",
  async (host) => {
    const { bodies, indices } = accesses(EXTREMES);
    const app = attacker({ bodies: [...bodies, ...OTHERS], indices });
    const count = bodies.length + OTHERS.length;
    const ran = await host.run(linkPlan(planProbe({ kernel: victim(count), app }), host.platform), {
      timeLimitMs: 60_000,
    });
    const returned = [...bodies, ...OTHERS].filter((_, at) => ran.output[at] !== "1");
    assert.deepEqual(returned, []);
    assert.equal(ran.output.slice(count), ".");
    assert.deepEqual(showRecords(ran).slice(-2), ["started", "exit 0"]);
  },
);

testOnHosts("the same forms within an app's memory do not trap", async (host) => {
  const within = accesses([
    [FREE, 0],
    [0, FREE],
    [PAGE - 32, 8],
  ]);
  const bodies = within.bodies.filter((body) => !body.includes(OVER_THE_END));
  const app = attacker({ ...within, bodies });
  const kernel = victim(bodies.length, "(i64.store (i32.const 4096) (i64.const 0))");
  const ran = await host.run(linkPlan(planProbe({ kernel, app }), host.platform));
  assert.equal(ran.output, `${"0".repeat(bodies.length)}#`, "and one changed word is noticed");
});

const GATES = `(import "console" "write" (func $write (param i32 i32 i32)))
  (import "entropy" "fill" (func $fill (param i32 i32) (result i32)))`;
const lends = (at: number, bytes: number) => [
  `(call $write (i32.const 1) ${range(at, bytes)})`,
  `(drop (call $fill ${range(at, bytes)}))`,
];

/** A kernel whose services copy the range that is lent and, as far as `beyond` says, more. */
const lentKernel = (count: number, beyond = 0) => `${kernelImports(...TRIES_IMPORTS, "copyIn", "copyOut")}
  (memory (export "memory") 4) ${TRIES}
  (func (export "console_write") (param i32 i32 i32)
    (call $copyIn (i32.const 4096) (local.get 1) (i32.add (local.get 2) (i32.const ${beyond}))))
  (func (export "entropy_fill") (param i32 i32) (result i32)
    (call $copyOut (i32.sub (local.get 0) (i32.const ${beyond})) (i32.const 4096) (local.get 1))
    (i32.const 0))
  (func (export "start") (call $tryAll (i32.const ${count}))) ${ENDS}`;

testOnHosts("an app cannot lend what is not its own", async (host) => {
  const bad = BAD_RANGES.flatMap(([at, bytes]) => lends(at, bytes));
  const good = [...lends(0, PAGE), ...lends(PAGE - 1, 1), ...lends(PAGE, 0)];
  const app = `${GATES} (memory (export "memory") 1) ${casesEntry([...bad, ...good])}`;
  const kernel = lentKernel(bad.length + good.length);
  const ran = await host.run(linkPlan(planProbe({ kernel, app }), host.platform));
  assert.equal(ran.output, "1".repeat(bad.length) + "0".repeat(good.length));
});

testOnHosts("a kernel that copies more than was lent is the machine's end", async (host) => {
  for (const body of lends(PAGE / 2, 8)) {
    const app = `${GATES} (memory (export "memory") 1) ${casesEntry([body])}`;
    const run = async (beyond: number) =>
      showRecords(await host.run(linkPlan(planProbe({ kernel: lentKernel(1, beyond), app }), host.platform)));
    assert.deepEqual(await run(1), ["trap kernel 6", "exit 70"]);
    assert.deepEqual(await run(0), ["started", "exit 0"]);
  }
});

test("an import that was not granted fails to link, by its name", () => {
  const kernel = `${kernelImports("idle")} (memory (export "memory") 1)
    (func (export "app_exit") (param i32)) (func (export "start")) (func (export "run"))`;
  const app = (text: string) => `${text} (memory (export "memory") 1)`;
  const refusals: readonly (readonly [modules: { kernel: string; app: string }, message: RegExp])[] = [
    [{ kernel, app: app(`(import "fs" "open" (func (param i32) (result i32)))`) }, /fs.*open/],
    [{ kernel, app: app(`(import "platform" "exit" (func (param i32)))`) }, /platform.*exit/],
    [{ kernel, app: app(`(import "device" "pin" (func (param i32 i32) (result i32)))`) }, /device.*pin/],
    [
      { kernel, app: app(`(import "compartment" "copyIn" (func (param i32 i32 i32)))`) },
      /compartment.*copyIn/,
    ],
    [{ kernel, app: app(`(import "console" "write" (func (param i32 i32 i32)))`) }, /console_write/],
    [{ kernel, app: app(`(import "app" "toString" (func))`) }, /app.*toString/],
    [{ kernel, app: app(`(import "app" "exit" (func (param i64)))`) }, /app.*exit/],
    [{ kernel, app: `(import "kernel" "memory" (memory 1))` }, /kernel.*memory/],
    [{ kernel: `(import "platform" "shell" (func)) ${kernel}`, app: app("") }, /platform.*shell/],
  ];
  const link = (modules: { kernel: string; app: string }) => linkPlan(planProbe(modules), "bare");
  for (const [modules, message] of refusals) {
    assert.throws(
      () => link(modules),
      (error) => error instanceof LinkError && message.test(error.message),
    );
  }
  link({ kernel, app: app(`(import "app" "exit" (func (param i32)))`) });
});

/** What a kernel may not ask of its platform; beside it what differs in one number and is done. */
const KERNEL_ACTS: readonly (readonly [bad: string, good: string])[] = [
  ...(["write", "seed", "configuration"] as const).flatMap((name) =>
    (
      [
        [4 * PAGE, 1],
        [LAST, 1],
        [1, LAST],
      ] as const
    ).map(([at, bytes]): readonly [string, string] => {
      const call = (words: string) =>
        name === "write" ? `(call $write (i32.const 2) ${words})` : `(drop (call $${name} ${words}))`;
      return [call(range(at, bytes)), call(range(4 * PAGE - 8, 0))];
    }),
  ),
  ...(["1", "-1"] as const).flatMap((compartment): [string, string][] => [
    [enters(compartment), enters("0")],
    [`(call $restart (i32.const ${compartment}))`, "(call $restart (i32.const 0))"],
  ]),
];

function enters(compartment: string): string {
  return `(drop (call $enter (i32.const ${compartment}) (i32.const 0) (i32.const 0) (i32.const 0)))`;
}

testOnHosts("a kernel that names what is not its own is the machine's end", async (host) => {
  const kernel = (act: string) => `${kernelImports(...TRIES_IMPORTS, "seed", "configuration")}
    (memory (export "memory") 4) (func (export "start") ${act}) ${ENDS}`;
  const run = async (act: string) =>
    showRecords(await host.run(linkPlan(planProbe({ kernel: kernel(act) }), host.platform)));
  for (const [bad] of KERNEL_ACTS) assert.deepEqual(await run(bad), ["trap kernel 6", "exit 70"], bad);
  const all = KERNEL_ACTS.map(([, good]) => good).join("\n");
  assert.deepEqual(await run(all), ["started", "exit 0"]);
});

testOnHosts("a compartment is not started again while it is entered", async (host) => {
  const app = `(import "app" "exit" (func $exit (param i32))) (memory (export "memory") 1)
    ${casesEntry(["(call $exit (i32.const 0))"])}`;
  const kernel = (act: string) => `${kernelImports(...TRIES_IMPORTS)} (memory (export "memory") 1) ${TRIES}
    (func (export "app_exit") (param i32) ${act}) (func (export "start") (call $tryAll (i32.const 1))) ${ENDS}`;
  const run = async (act: string) =>
    showRecords(await host.run(linkPlan(planProbe({ kernel: kernel(act), app }), host.platform)));
  assert.deepEqual(await run("(call $restart (i32.const 0))"), ["trap kernel 6", "exit 70"]);
  assert.deepEqual(await run("nop"), ["started", "exit 0"]);
});
