/**
 * One line of text for every frame that passes a device:
 *
 *   0.001204 > tcp 10.0.2.2:40112 -> 10.0.2.15:80 SYN seq 71200 win 65535
 *   0.001310 < arp 10.0.2.15 asks for 10.0.2.2
 *
 * `>` was sent through this device, `<` received. For people: nothing parses it.
 *
 * Tests: tracer.test.ts
 */
import type { Device } from "./device.ts";
import { describeFrame } from "./describe.ts";

/** `device`, with a line to `write` for each frame; times count from the first. */
export function tracer(device: Device, write: (line: string) => void, now: () => bigint): Device {
  let first: bigint | undefined;
  const line = (direction: string, frame: Uint8Array) => {
    const time = now();
    first ??= time;
    const seconds = (Number(time - first) / 1e9).toFixed(6);
    write(`${seconds} ${direction} ${describeFrame(frame)}`);
  };
  return {
    send(frame) {
      const sent = device.send(frame);
      line(sent ? ">" : "> (full)", frame);
      return sent;
    },
    receive() {
      const frame = device.receive();
      if (frame !== undefined) line("<", frame);
      return frame;
    },
    onArrival: (listener) => device.onArrival(listener),
  };
}
