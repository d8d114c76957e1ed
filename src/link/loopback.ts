/** A cable with one end: what is sent comes back. For machines that talk to themselves, and for tests. */
import { createCable } from "./cable.ts";
import type { Device } from "./device.ts";

export function createLoopback(): Device {
  const [near, far] = createCable();
  return {
    send: (frame) => far.send(frame),
    receive: () => near.receive(),
    onArrival: (listener) => near.onArrival(listener),
  };
}
