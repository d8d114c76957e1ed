import test from "node:test";
import assert from "node:assert/strict";
import { arp, bytes, ethernet, icmp, ipv4, PEER, u16, u32, udp } from "../../tools/frames.ts";
import { createCable } from "./cable.ts";
import { describeFrame } from "./describe.ts";
import { seededRandom } from "./random.ts";
import { tracer } from "./tracer.ts";

const source = "10.0.2.2";
const destination = "10.0.2.15";
const packet = (protocol: number, payload: Uint8Array) =>
  ethernet(PEER, PEER, 0x0800, ipv4({ source, destination, protocol, payload }));
const tcpHeader = bytes(u16(40112), u16(80), u32(71200), u32(9), 0x50, 0x12, u16(65535), u16(0), u16(0));
const datagram = udp({
  source,
  destination,
  sourcePort: 53,
  destinationPort: 1024,
  payload: new Uint8Array(9),
});

const LINES: readonly (readonly [Uint8Array, string])[] = [
  [
    packet(6, bytes(tcpHeader, 1, 2)),
    "tcp 10.0.2.2:40112 -> 10.0.2.15:80 SYN ACK seq 71200 ack 9 win 65535 of 2",
  ],
  [packet(17, datagram), "udp 10.0.2.2:53 -> 10.0.2.15:1024 of 9"],
  [packet(1, icmp(8, 0, 0, new Uint8Array(4))), "icmp 10.0.2.2 -> 10.0.2.15 echo request"],
  [packet(99, new Uint8Array(5)), "ip 99 10.0.2.2 -> 10.0.2.15 of 5"],
  [
    ethernet(
      PEER,
      PEER,
      0x0806,
      arp({ operation: 1, senderHardware: PEER, sender: source, target: destination }),
    ),
    "arp 10.0.2.2 asks for 10.0.2.15",
  ],
  [
    ethernet(
      PEER,
      PEER,
      0x0806,
      arp({ operation: 2, senderHardware: PEER, sender: source, target: destination }),
    ),
    "arp 10.0.2.2 is at 02:00:00:00:00:02",
  ],
  [ethernet(PEER, PEER, 0x86dd, new Uint8Array(40)), "type 0x86dd of 54"],
  [new Uint8Array(3), "short frame of 3"],
  [packet(6, new Uint8Array(7)), "short tcp 10.0.2.2 -> 10.0.2.15"],
];

test("every kind of frame has its words", () => {
  for (const [frame, line] of LINES) assert.equal(describeFrame(frame), line);
});

test("cut and changed frames are described, too", () => {
  const random = seededRandom(3);
  for (let count = 0; count < 5000; count++) {
    const frame = LINES[Math.floor(random() * LINES.length)]![0].slice();
    for (let change = 0; change < 3; change++)
      frame[Math.floor(random() * frame.length)] = Math.floor(random() * 256);
    assert.ok(describeFrame(frame.slice(0, Math.floor(random() * frame.length))).length > 0);
    assert.ok(describeFrame(frame).length > 0);
  }
});

test("a line for each frame, with its direction and the time since the first", () => {
  const lines: string[] = [];
  let time = 5_000_000_000n;
  const [near, far] = createCable();
  const traced = tracer(
    near,
    (line) => lines.push(line),
    () => time,
  );
  traced.send(LINES[3]![0]);
  time += 1_310_000n;
  far.send(LINES[6]![0]);
  traced.receive();
  assert.deepEqual(lines, ["0.000000 > ip 99 10.0.2.2 -> 10.0.2.15 of 5", "0.001310 < type 0x86dd of 54"]);
});
