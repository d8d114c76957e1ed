import test from "node:test";
import assert from "node:assert/strict";
import { writeFilter } from "./seccomp.ts";
import { SystemCall } from "./system-call.ts";

const ALLOW = 0x7fff_0000;
const KILL = 0x8000_0000;
const X86_64 = 0xc000_003e;

/** Classic BPF, as far as filters here go. */
function decide(filter: Uint8Array, data: DataView): number {
  const view = new DataView(filter.buffer);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const code = view.getUint16(at * 8, true);
    const k = view.getUint32(at * 8 + 4, true);
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x15) at += view.getUint8(at * 8 + (accumulator === k ? 2 : 3));
    else if (code === 0x06) return k;
    else assert.fail(`instruction ${code}`);
  }
}

function call(number: number, values: readonly number[] = [], architecture = X86_64): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  values.forEach((value, at) => data.setUint32(16 + at * 8, value, true));
  return data;
}

const filter = writeFilter([
  { call: SystemCall.Ppoll },
  { call: SystemCall.Write, argument: 0, values: [1, 2, 4] },
  { call: SystemCall.Mprotect, argument: 2, values: [3] },
  { call: SystemCall.ExitGroup },
]);

test("what is listed is allowed, with the arguments that are listed", () => {
  for (const allowed of [
    call(SystemCall.Ppoll, [9, 9, 9]),
    call(SystemCall.Write, [1]),
    call(SystemCall.Write, [2]),
    call(SystemCall.Write, [4]),
    call(SystemCall.Mprotect, [0, 0, 3]),
    call(SystemCall.ExitGroup, [1]),
  ]) {
    assert.equal(decide(filter, allowed), ALLOW);
  }
});

test("everything else kills", () => {
  for (const forbidden of [
    call(SystemCall.Write, [3]),
    call(SystemCall.Write, [0]),
    call(SystemCall.Mprotect, [3, 3, 7]),
    call(SystemCall.Read, [1]),
    call(SystemCall.Ppoll, [], 0x4000_0003),
    call(SystemCall.Ppoll + 0x4000_0000),
  ]) {
    assert.equal(decide(filter, forbidden), KILL);
  }
  for (let number = 0; number < 512; number++) {
    const listed = [SystemCall.Ppoll, SystemCall.ExitGroup].includes(number);
    assert.equal(decide(filter, call(number)), listed ? ALLOW : KILL, String(number));
  }
});
