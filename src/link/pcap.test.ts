import test from "node:test";
import assert from "node:assert/strict";
import { createCable } from "./cable.ts";
import { pcap } from "./pcap.ts";

test("a nanosecond pcap stream: header, then each frame that was sent or received with its time", () => {
  const parts: Uint8Array[] = [];
  const times = [1_700_000_000_000_000_001n, 1_700_000_001_999_999_999n];
  const [near, far] = createCable();
  const device = pcap(
    near,
    (bytes) => parts.push(bytes),
    () => times.shift()!,
  );
  device.send(Uint8Array.of(1, 2, 3));
  far.send(Uint8Array.of(4, 5));
  device.receive();
  device.receive();
  assert.equal(
    Buffer.concat(parts).toString("hex"),
    [
      "4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000",
      "00f15365 01000000 03000000 03000000 010203",
      "01f15365 ffc99a3b 02000000 02000000 0405",
    ]
      .join("")
      .replaceAll(" ", ""),
  );
});
