/** Apps that go for the machine by what they are granted: services, lent ranges, their own memory and time. */
import assert from "node:assert/strict";
import { casesEntry, ENDS, kernelImports, TRIES, TRIES_IMPORTS } from "./probe-text.ts";
import { linkPlan, planProbe, showRecords, testOnHosts } from "./whole-image.ts";

const WRITE = `(import "console" "write" (func $write (param i32 i32 i32)))`;
const BUFFER = 1024;
const FILL = `(import "entropy" "fill" (func $fill (param i32 i32) (result i32)))`;

/** A kernel whose services copy from and to what is lent, all of it. */
function kernel(start: string, more = ""): string {
  return `${kernelImports(...TRIES_IMPORTS, "copyIn", "copyOut")} (memory (export "memory") 2) ${TRIES}
    (func (export "console_write") (param $stream i32) (param $at i32) (param $length i32)
      (call $copyIn (i32.const ${BUFFER}) (local.get $at) (local.get $length))
      (call $write (local.get $stream) (i32.const ${BUFFER}) (local.get $length)))
    (func (export "entropy_fill") (param $at i32) (param $length i32) (result i32)
      (call $copyOut (local.get $at) (i32.const ${BUFFER}) (local.get $length))
      (i32.const 0))
    (func (export "start") ${start}) ${more} ${ENDS}`;
}

testOnHosts("an app cannot write to the launcher what the platform says there", async (host) => {
  const record = "exit 5\\0a";
  const streams = [3, 4, 0, -1, 0x1_0000_0003 | 0];
  const cases = streams.map((stream) => `(call $write (i32.const ${stream}) (i32.const 0) (i32.const 7))`);
  const app = `${WRITE} (memory (export "memory") 1) (data (i32.const 0) "${record}") ${casesEntry(cases)}`;
  const ran = await host.run(
    linkPlan(planProbe({ kernel: kernel(`(call $tryAll (i32.const ${cases.length}))`), app }), host.platform),
  );
  assert.deepEqual(ran.control, ["started", "exit 0"]);
  assert.equal(ran.output, cases.map(() => "exit 5\n0").join(""));
});

const FIRST_TOUCHED = 0x10_0000;
const UNTOUCHED = 0x8_0000;
const SMALL_MEMORY = "8M";
const LIVE_VALUES = 3000;

/** A frame of some pages: all of it is written where the parameter is 1, at 0 it traps with only its end touched. */
const WIDE_FRAME = `(func $wide (param i32) (local ${"i64 ".repeat(LIVE_VALUES)})
    (if (i32.eq (local.get 0) (i32.const 1))
      (then
        ${each((at) => `(local.set ${at + 1} (i64.load (i32.const ${at * 8})))`)}
        (call $write (i32.const 1) (i32.const 0) (i32.const 0))
        ${each((at) => `(i64.store (i32.const ${at * 8}) (local.get ${at + 1}))`)})
      (else
        (call $write (i32.const 1) (i32.const 0) (i32.const 0))
        (if (i32.eqz (local.get 0)) (then unreachable)))))`;

function each(text: (at: number) => string): string {
  return Array.from({ length: LIVE_VALUES }, (_, at) => text(at)).join("\n");
}

/** What an app does that has left no page to anybody, and the cause of its trap. */
const ACTS: readonly (readonly [act: string, cause: string])[] = [
  [`(drop (call $fill (i32.const ${UNTOUCHED}) (i32.const 4)))`, "102"],
  [`(drop (call $fill (i32.const ${UNTOUCHED - 4096}) (i32.const 9000)))`, "102"],
  ["(drop (call $fill (i32.const 0) (i32.const 4)))", "102"], // a page of the image, its own only when written
  [`(call $write (i32.const 1) (i32.const ${UNTOUCHED + 4095}) (i32.const 2))`, "102"],
  [`(call $abort (i32.const ${UNTOUCHED + 8192}) (i32.const 0) (i32.const 0) (i32.const 0))`, "100"],
  ["(call $wide (i32.const 0))", "6"],
];

/** `tcpAccepted(act, page)`: touches a page, or does one of the acts. */
const GREEDY_APP = `(import "env" "abort" (func $abort (param i32 i32 i32 i32))) ${WRITE} ${FILL}
  (memory (export "memory") 512) (data (i32.const 0) "an image's") ${WIDE_FRAME}
  (func (export "tcpAccepted") (param $act i32) (param $page i32)
    ${ACTS.map(([act], at) => `(if (i32.eq (local.get $act) (i32.const ${at + 1})) (then ${act} (return)))`).join("\n")}
    (call $wide (i32.const 2))
    (i32.store (i32.add (i32.const ${FIRST_TOUCHED}) (i32.shl (local.get $page) (i32.const 12))) (i32.const 1)))`;

/** Finds out how many pages there are; then has all of them touched before each act. */
const GREEDY_KERNEL = kernel(
  `(local $pages i32) (local $act i32)
    (call $print (i32.const 46)) ;; what the kernel touches is touched
    (loop $more
      (if (i32.eqz (call $enter (i32.const 0) (i32.const 3) (i32.const 0) (local.get $pages)))
        (then (local.set $pages (i32.add (local.get $pages) (i32.const 1))) (br $more))))
    (local.set $act (i32.const 1))
    (loop $next
      (call $restart (i32.const 0))
      (call $touch (local.get $pages))
      (call $print (i32.add (i32.const 48)
        (call $enter (i32.const 0) (i32.const 3) (local.get $act) (i32.const 0))))
      (local.set $act (i32.add (local.get $act) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $act) (i32.const ${ACTS.length}))))`,
  `(func $touch (param $pages i32) (local $page i32)
    (loop $more
      (if (call $enter (i32.const 0) (i32.const 3) (i32.const 0) (local.get $page))
        (then (call $print (i32.const 63))))
      (local.set $page (i32.add (local.get $page) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $page) (local.get $pages)))))`,
);

testOnHosts("an app that has taken all memory harms nobody by what it lends or says", async (host) => {
  // A process is given pages by its system. Nested hypervisors take a second for each restart of so large an app.
  if (host.name !== "qemu, tcg") return;
  const program = linkPlan(planProbe({ kernel: GREEDY_KERNEL, app: GREEDY_APP }), host.platform);
  const ran = await host.run(program, { memory: SMALL_MEMORY });
  const traps = ACTS.map(([, cause]) => `trap 0 ${cause}`);
  const told = showRecords(ran).filter((record) => !record.startsWith("abort"));
  assert.deepEqual(told, ["trap 0 102", ...traps, "started", "exit 0"], ran.errors);
  assert.equal(ran.output, `.${"1".repeat(ACTS.length)}`);
});

/** Its time runs while the kernel serves it, and the app itself is never there at a tick but by chance. */
const SERVED = 2_000_000;
const SERVICE_KERNEL = kernel(
  "(call $tryAll (i32.const 2))",
  `(func (export "app_exit") (param i32) (local $left i32)
    (local.set $left (i32.const ${SERVED}))
    (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))`,
);

testOnHosts("an app that does nothing but call services ends with its time limit", async (host) => {
  const cases = ["(loop $again (call $exit (i32.const 0)) (br $again))", "(call $exit (i32.const 0))"];
  const app = `(import "app" "exit" (func $exit (param i32))) (memory (export "memory") 1) ${casesEntry(cases)}`;
  const program = linkPlan(planProbe({ kernel: SERVICE_KERNEL, app }), host.platform);
  const ran = await host.run(program, { configuration: ["app.timeLimitMs=300"], timeLimitMs: 30_000 });
  assert.deepEqual(showRecords(ran), ["trap 0 101", "started", "exit 0"]);
  assert.equal(ran.output, "30");
});

/** Keeps more on the app's stack, while it waits, than a call of its own would. */
const SUSPENDING_KERNEL = `${kernelImports(...TRIES_IMPORTS)}
  (import "compartment" "suspend" (func $suspend))
  (import "compartment" "resume" (func $resume (param i32 i64) (result i32)))
  (memory (export "memory") 1) ${TRIES}
  (func (export "app_exit") (param i32) (call $suspend))
  (func (export "start") (local $status i32)
    (local.set $status (call $enter (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
    (loop $again
      (if (i32.eq (local.get $status) (i32.const 4))
        (then (local.set $status (call $resume (i32.const 0) (i64.const 0))) (br $again))))
    (call $print (i32.add (i32.const 48) (local.get $status))))
  ${ENDS}`;

testOnHosts("an app that waits where its stack ends harms nobody", async (host) => {
  const app = `(import "app" "exit" (func $exit (param i32))) (memory (export "memory") 1)
    (func $deeper (param $depth i32) (result i32)
      (call $exit (i32.const 0))
      (i32.add (i32.const 1) (call $deeper (local.get $depth))))
    ${casesEntry(["(drop (call $deeper (i32.const 0)))"])}`;
  const plan = planProbe({ kernel: SUSPENDING_KERNEL, app, appStackBytes: 64 * 1024 });
  const ran = await host.run(linkPlan(plan, host.platform));
  assert.deepEqual(showRecords(ran), ["trap 0 103", "started", "exit 0"]);
  assert.equal(ran.output, "1");
});
