/** A network before a guest without a gateway of ours: QEMU's own, with one port of this host forwarded to port 80. */
import assert from "node:assert/strict";
import { endGuest } from "./guest-memory.ts";

const ANSWER_LIMIT_MS = 60_000;
export const NETWORK_CONFIGURATION = ["net.address=10.0.2.15/24", "net.gateway=10.0.2.2"];

export function networkWords(port: number): string[] {
  return [
    ...["-netdev", `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:80`],
    ...["-device", "virtio-net-device,netdev=net"],
  ];
}

/** Asks a server so many times; ends the guest where its monitor is given. */
export async function answers(port: number, requests: number, monitor?: string): Promise<void> {
  for (let count = 0; count < requests; count++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    assert.equal(await answer.text(), "hello, world\n");
  }
  if (monitor !== undefined) await endGuest(monitor);
}
