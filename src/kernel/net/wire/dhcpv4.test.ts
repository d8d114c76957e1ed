import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, ip, PEER, u16, u32 } from "../../../../tools/frames.ts";

const HARNESS = `
import { clearDhcp, DhcpRepr, emitDhcp, parseDhcp } from "./dhcpv4";
const message: usize = memory.data(1024, 8);
const repr = changetype<DhcpRepr>(memory.data(64, 8));
export function at(): usize { return message; }
export function parse(length: u32): bool { return parseDhcp(message, length, repr); }
export function emit(): u32 { return emitDhcp(message, repr); }
export function hardware(): u64 { return repr.hardware; }
export function field(index: u32): u32 {
  const fields: StaticArray<u32> = [repr.operation, repr.message, repr.transactionId, repr.clientAddress, repr.yourAddress,
    repr.serverId, repr.requestedAddress, repr.subnetMask, repr.router, repr.nameServer, repr.leaseSeconds,
    repr.renewalSeconds, repr.rebindingSeconds, repr.broadcast];
  return fields[index];
}
`;

async function wire() {
  const kernel = await assemble("net/wire/dhcpv4.harness.ts", HARNESS);
  const parse = (message: Uint8Array): number[] | undefined => {
    const room = new Uint8Array(kernel.memory.buffer, kernel.at(), 1024).fill(0xee);
    room.set(message);
    if (!kernel.parse(message.length)) return undefined;
    return [...new Array(14).keys()].map((index) => kernel.field(index) >>> 0);
  };
  const emit = () => new Uint8Array(kernel.memory.buffer, kernel.at(), kernel.emit()).slice();
  return { kernel, parse, emit };
}

interface Layout {
  readonly options: Uint8Array;
  readonly file?: Uint8Array;
  readonly name?: Uint8Array;
}

function message({ options, file = bytes(), name = bytes() }: Layout): Uint8Array {
  const head = bytes(
    2,
    1,
    6,
    0,
    u32(0xabcd1234),
    u16(0),
    u16(0x8000),
    ip("1.1.1.1"),
    ip("2.2.2.2"),
    u32(0),
    u32(0),
    PEER,
  );
  const whole = new Uint8Array(240);
  whole.set(head);
  whole.set(name, 44);
  whole.set(file, 108);
  whole.set([0x63, 0x82, 0x53, 0x63], 236);
  return bytes(whole, options);
}

const TYPE = [53, 1, 5];

test("every field survives being read, written and read again", async () => {
  const { kernel, parse, emit } = await wire();
  const words = [54, 50, 1, 3, 6, 51, 58, 59].flatMap((code) => [code, 4, ...u32(0xc0000000 + code)]);
  const fields = parse(message({ options: bytes(TYPE, 0, 0, words, 12, 2, 9, 9, 255, 53, 1, 1) }));
  assert.deepEqual(fields!.slice(0, 5), [2, 5, 0xabcd1234, 0x01010101, 0x02020202]);
  assert.deepEqual(
    fields!.slice(5, 13),
    [54, 50, 1, 3, 6, 51, 58, 59].map((code) => 0xc0000000 + code),
  );
  assert.equal(kernel.hardware(), 0x020000000002n);
  const written = emit();
  assert.ok(written.length >= 300);
  assert.deepEqual(parse(written), fields);
});

test("options go on in the file and server name fields when the message says so", async () => {
  const { parse } = await wire();
  const file = bytes(3, 4, ip("3.3.3.3"), 255);
  const name = bytes(6, 4, ip("6.6.6.6"), 255);
  const read = (overload: number) =>
    parse(message({ options: bytes(TYPE, 52, 1, overload, 255), file, name }))!;
  assert.deepEqual([read(3)[8], read(3)[9]], [0x03030303, 0x06060606]);
  assert.deepEqual([read(1)[8], read(1)[9]], [0x03030303, 0]);
  assert.deepEqual([read(2)[8], read(2)[9]], [0, 0x06060606]);
});

test("the first of repeated options counts, and a list counts by its first address", async () => {
  const { parse } = await wire();
  const fields = parse(
    message({ options: bytes(TYPE, 3, 8, ip("3.3.3.3"), ip("4.4.4.4"), 3, 4, ip("5.5.5.5"), 255) }),
  );
  assert.equal(fields![8], 0x03030303);
});

test("what is short, not DHCP, or has an option past the end is refused", async () => {
  const { parse } = await wire();
  const good = message({ options: bytes(TYPE, 255) });
  assert.ok(parse(good));
  for (let length = 0; length < 243; length++)
    assert.equal(parse(good.slice(0, length)), undefined, `${length}`);
  for (const at of [0, 1, 2, 236, 237, 238, 239]) {
    const copy = good.slice();
    copy[at] = 0x77;
    assert.equal(parse(copy), undefined, `byte ${at}`);
  }
  for (const options of [
    [],
    [255],
    [53],
    [53, 0, 255],
    [...TYPE, 3],
    [...TYPE, 3, 4, 1, 2, 3],
    [...TYPE, 3, 255, 1],
  ]) {
    assert.equal(parse(message({ options: bytes(options) })), undefined, options.join());
  }
  const overloaded = message({
    options: bytes(TYPE, 52, 1, 1, 255),
    file: bytes(new Array<number>(127).fill(0), 3),
  });
  assert.equal(parse(overloaded), undefined);
});
