import test from "node:test";
import assert from "node:assert/strict";
import { APP_COMPARTMENT, AppEntry, EnterStatus } from "../../abi/entry.ts";
import { assemble, type TestExports } from "../../../tools/assembly-test.ts";

const ROOT = `
import { AppEntry } from "../../abi/entry";
import { startConfiguration } from "../configuration";
import { startTurn } from "../time/clock";
import { enterApp, startApp } from "./enter";
import { mayRestart, restartApp, startRestarts } from "./restart";
import { exit as exitByApp } from "./service";

export { exitByApp };
export function start(): void {
  startConfiguration();
  startTurn();
  startRestarts();
  startApp();
}
export function round(): bool {
  startTurn();
  if (!mayRestart()) return false;
  restartApp();
  return true;
}
export function alarm(): void { enterApp(AppEntry.Alarm); }
`;

/** A kernel whose app is this object: what each entry comes to. */
class Bench {
  kernel!: TestExports;
  time = 5_000_000_000n;
  starts = EnterStatus.Returned;
  alarms = EnterStatus.Trapped;
  said = "";
  readonly entered: AppEntry[] = [];
  readonly exits: number[] = [];
  restarts = 0;

  static async start(configuration = "", starts = EnterStatus.Returned): Promise<Bench> {
    const bench = new Bench();
    bench.starts = starts;
    const text = Buffer.from(configuration);
    const bytes = (pointer: number, length: number) =>
      Buffer.from(bench.kernel.memory.buffer, pointer, length);
    bench.kernel = await assemble("app/restart.harness.ts", ROOT, {
      platform: {
        clockMonotonic: () => bench.time,
        consoleWrite: (stream: number, pointer: number, length: number) => {
          assert.equal(stream, 2);
          bench.said += bytes(pointer, length).toString("latin1");
        },
        configuration: (pointer: number, capacity: number) => {
          text.copy(bytes(pointer, capacity));
          return text.length;
        },
        exit: (status: number) => void bench.exits.push(status),
      },
      compartment: {
        enter: (compartment: number, entry: AppEntry) => {
          assert.equal(compartment, APP_COMPARTMENT);
          bench.entered.push(entry);
          return entry === AppEntry.Start ? bench.starts : bench.alarms;
        },
        restart: (compartment: number) => {
          assert.equal(compartment, APP_COMPARTMENT);
          bench.restarts++;
        },
      },
    });
    bench.kernel.start();
    return bench;
  }

  /** The app goes down, and the next round comes: whether it was started again. */
  fall(): boolean {
    this.kernel.alarm();
    return Boolean(this.kernel.round());
  }
}

test("an app that goes down is entered no more until the next round starts it again", async () => {
  const bench = await Bench.start();
  bench.kernel.alarm();
  bench.kernel.alarm();
  assert.deepEqual(bench.entered, [AppEntry.Start, AppEntry.Alarm]);
  assert.equal(bench.restarts, 0);
  assert.ok(bench.kernel.round());
  bench.alarms = EnterStatus.Returned;
  bench.kernel.alarm();
  assert.deepEqual(bench.entered, [AppEntry.Start, AppEntry.Alarm, AppEntry.Start, AppEntry.Alarm]);
  assert.equal(bench.restarts, 1);
  assert.ok(!bench.kernel.round());
  assert.equal(bench.said, "the app is started again, restart 1 of at most 8 in 60 s\n");
  assert.deepEqual(bench.exits, []);
});

test("an app without the entry is not down", async () => {
  const bench = await Bench.start();
  bench.alarms = EnterStatus.Absent;
  assert.ok(!bench.fall());
  assert.deepEqual(bench.entered, [AppEntry.Start, AppEntry.Alarm]);
});

test("after eight restarts within a minute the ninth fall is the machine's end", async () => {
  const bench = await Bench.start();
  for (let count = 0; count < 8; count++) assert.ok(bench.fall(), `restart ${count + 1}`);
  assert.ok(!bench.fall());
  assert.equal(bench.restarts, 8);
  assert.deepEqual(bench.exits, [134]);
  assert.match(bench.said, /\nthe app went down again after 8 restarts in 60 s: the machine ends\n$/);
  assert.ok(!bench.kernel.round(), "it is said, and done, once");
  assert.deepEqual(bench.exits, [134]);
});

test("restarts count for a minute, and the span slides", async () => {
  const bench = await Bench.start("app.restarts=2\n");
  const second = 1_000_000_000n;
  assert.ok(bench.fall());
  bench.time += 40n * second;
  assert.ok(bench.fall());
  bench.time += 19n * second;
  assert.match(bench.said, /restart 2 of at most 2/);
  bench.time += 1n * second; // the first is 60 s old
  assert.ok(bench.fall());
  bench.time += 39n * second; // the second is 59 s old
  assert.ok(!bench.fall());
  assert.deepEqual(bench.exits, [134]);
});

test("app.restarts=0 ends the machine with the first fall, a strange value counts as none", async () => {
  const none = await Bench.start("app.restarts=0\n");
  assert.ok(!none.fall());
  assert.deepEqual([none.restarts, none.exits], [0, [134]]);
  const strange = await Bench.start("app.restarts=many\n");
  assert.ok(strange.fall());
  assert.match(strange.said, /of at most 8 /);
});

test("a number of restarts beyond all reason is cut", async () => {
  const bench = await Bench.start("app.restarts=999999999\n");
  assert.ok(bench.fall());
  assert.match(bench.said, /of at most 1000 /);
});

test("a trap in the start ends the machine, in the first life and in the second", async () => {
  const first = await Bench.start("", EnterStatus.Trapped);
  assert.deepEqual(first.exits, [134]);
  assert.equal(first.said, "the app trapped in its start: the machine ends\n");
  assert.ok(!first.kernel.round());
  const second = await Bench.start();
  second.starts = EnterStatus.Trapped;
  assert.ok(second.fall());
  assert.deepEqual(second.exits, [134]);
  assert.ok(!second.kernel.round());
  assert.equal(second.restarts, 1);
});

test("an app out of time is started again like one that trapped, but ends the machine with 124", async () => {
  const start = await Bench.start("", EnterStatus.TimedOut);
  assert.deepEqual(start.exits, [124]);
  assert.equal(start.said, "the app's start took too long: the machine ends\n");
  const bench = await Bench.start("app.restarts=1\n");
  bench.alarms = EnterStatus.TimedOut;
  assert.ok(bench.fall());
  assert.ok(!bench.fall());
  assert.deepEqual(bench.exits, [124]);
});

test("an app that asked for the machine's end and then went down is not started again", async () => {
  const bench = await Bench.start();
  bench.kernel.exitByApp(3);
  assert.ok(!bench.fall());
  assert.deepEqual([bench.restarts, bench.exits], [0, [3]]);
});
