import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { AppEntry, EnterStatus } from "../../abi/entry.ts";
import { buildJsApp } from "../../image/js-app.ts";
import { compileCached } from "../../../tools/assembly-test.ts";
import { Compartment, MachineFault } from "./compartment.ts";

/** An app whose `start(a, b)` calls `console.write(1, a, b)`; declared functions import from the file's name. */
const APP = `
export declare function write(stream: i32, pointer: usize, length: u32): void;
const secret = memory.data<u8>([1, 2, 3, 4, 5, 6, 7, 8]);
export function secretAt(): usize { return secret; }
export function start(a: i32, b: i32): void { write(1, a, b); }
export function alarm(): void { unreachable(); }
`;

async function app(write: (compartment: Compartment, pointer: number, length: number) => void) {
  const module = new WebAssembly.Module((await compileCached("console.ts", APP)) as BufferSource);
  const traps: unknown[] = [];
  const kernel = {
    console_write: (_stream: number, pointer: number, length: number) => write(compartment, pointer, length),
  };
  const compartment: Compartment = new Compartment(
    { app: module },
    () => kernel as unknown as WebAssembly.Exports,
    (error) => traps.push(error),
  );
  return { compartment, traps };
}

test("a lent range can be read for the length of the call, to its last byte", async () => {
  const seen: Uint8Array[] = [];
  const { compartment } = await app((at, pointer, length) => {
    const bytes = new Uint8Array(length);
    at.copyIn(bytes, pointer, length);
    seen.push(bytes);
  });
  assert.equal(compartment.enter(AppEntry.Start, 0, 16), EnterStatus.Returned);
  assert.equal(seen[0]!.length, 16);
});

test("one byte before or behind the lent range is the kernel's fault, and the machine's end", async () => {
  for (const [shift, length] of [
    [-1, 8],
    [0, 9],
    [8, 1],
    [1, 8],
  ] as const) {
    const { compartment } = await app((at, pointer) =>
      at.copyIn(new Uint8Array(length), pointer + shift, length),
    );
    assert.throws(() => compartment.enter(AppEntry.Start, 64, 8), MachineFault);
  }
});

test("a range lent to be read cannot be written", async () => {
  const { compartment } = await app((at, pointer) => at.copyOut(pointer, new Uint8Array(1)));
  assert.throws(() => compartment.enter(AppEntry.Start, 64, 8), MachineFault);
});

test("nothing is lent outside a call, nor to the entry that a call leads to", async () => {
  const { compartment } = await app((at, pointer) => {
    at.enter(AppEntry.Alarm, 0, 0);
    at.copyIn(new Uint8Array(1), pointer, 1); // the call's own range is lent again
  });
  assert.equal(compartment.enter(AppEntry.Start, 64, 8), EnterStatus.Returned);
  assert.throws(() => compartment.copyIn(new Uint8Array(1), 64, 1), MachineFault);
});

test("an app that lends what it does not have traps, and the kernel is not called", async () => {
  let calls = 0;
  const { compartment, traps } = await app(() => calls++);
  for (const [pointer, length] of [
    [0x10000, 1],
    [0, 0x10001],
    [-1, 1],
    [8, -1],
    [-1, -1],
  ] as const) {
    assert.equal(compartment.enter(AppEntry.Start, pointer, length), EnterStatus.Trapped);
    compartment.restart();
  }
  assert.equal(calls, 0);
  assert.equal(traps.length, 5);
});

test("traps and missing entries are statuses", async () => {
  const { compartment, traps } = await app(() => {});
  assert.equal(compartment.enter(AppEntry.HttpRequest, 1, 0), EnterStatus.Absent);
  assert.equal(compartment.enter(AppEntry.Start, 0, 1), EnterStatus.Returned);
  assert.equal(compartment.enter(AppEntry.Alarm, 0, 0), EnterStatus.Trapped);
  assert.equal(traps.length, 1);
});

test("only a restart makes a compartment that trapped enterable again, with its memory as it was", async () => {
  let size = 0;
  const { compartment } = await app(() => (size = compartment.memory.buffer.byteLength));
  const fresh = new Uint8Array(compartment.memory.buffer.slice(0));
  new Uint8Array(compartment.memory.buffer).fill(0xaa);
  compartment.memory.grow(1);
  compartment.enter(AppEntry.Alarm, 0, 0);
  assert.throws(() => compartment.enter(AppEntry.Start, 0, 1), MachineFault);
  compartment.restart();
  assert.deepEqual(new Uint8Array(compartment.memory.buffer), fresh);
  assert.equal(compartment.enter(AppEntry.Start, 0, 1), EnterStatus.Returned);
  assert.equal(size, fresh.length);
});

test("a compartment is not restarted from within", async () => {
  const { compartment } = await app((at) => at.restart());
  assert.throws(() => compartment.enter(AppEntry.Start, 0, 1), MachineFault);
});

test("engine, glue and script of a JavaScript app come back as they were", async () => {
  const { app, engine, enginePages, script } = await buildJsApp(
    path.join(import.meta.dirname, "../../../examples/hello/server.ts"),
  );
  const calls: string[] = [];
  const kernel = new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, name: string) => () => {
        calls.push(name);
        return name.startsWith("clock_") ? 0n : 0;
      },
    },
  );
  const compile = (bytes: Uint8Array) => new WebAssembly.Module(bytes as BufferSource);
  const compartment = new Compartment(
    { app: compile(app), engine: compile(engine), enginePages, script },
    () => kernel as WebAssembly.Exports,
    (error) => assert.ifError(error),
  );
  const fresh = Buffer.from(compartment.memory.buffer.slice(0));
  assert.equal(compartment.enter(AppEntry.Start, 0, 0), EnterStatus.Returned);
  const first = calls.splice(0);
  assert.ok(first.includes("http_listen"));
  assert.ok(!Buffer.from(compartment.memory.buffer).equals(fresh));
  compartment.restart();
  assert.ok(Buffer.from(compartment.memory.buffer).equals(fresh));
  assert.equal(compartment.enter(AppEntry.Start, 0, 0), EnterStatus.Returned);
  assert.deepEqual(calls, first);
});
