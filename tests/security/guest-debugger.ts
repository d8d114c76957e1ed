/** A debugger of a QEMU guest, by GDB's remote protocol: physical memory, read and written while the guest stands still. */
import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import type { GuestMonitor } from "./guest-memory.ts";

const PACKET = /\$([^#]*)#[0-9a-f]{2}/;

export class GuestDebugger {
  readonly #socket: Socket;
  #received = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => (this.#received += text));
  }

  /** The guest stops. `socketFile` must not be there yet. */
  static async attach(monitor: GuestMonitor, socketFile: string): Promise<GuestDebugger> {
    await monitor.command(`gdbserver unix:${socketFile},server=on,wait=off`);
    const socket = createConnection(socketFile);
    await once(socket, "connect");
    const self = new GuestDebugger(socket);
    await self.#ask("Qqemu.PhyMemMode:1", "OK");
    return self;
  }

  async read(address: number, sizeBytes: number): Promise<Buffer> {
    return Buffer.from(await this.#ask(`m${address.toString(16)},${sizeBytes.toString(16)}`), "hex");
  }

  async readWord(address: number): Promise<bigint> {
    return (await this.read(address, 8)).readBigUInt64LE();
  }

  async writeWord(address: number, value: bigint): Promise<void> {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    await this.#ask(`M${address.toString(16)},8:${bytes.toString("hex")}`, "OK");
  }

  /** The guest goes on. */
  async detach(): Promise<void> {
    await this.#ask("D", "OK");
    this.#socket.destroy();
  }

  async #ask(words: string, expected?: string): Promise<string> {
    const sum = Buffer.from(words, "latin1").reduce((all, byte) => (all + byte) & 255, 0);
    this.#socket.write(`+$${words}#${sum.toString(16).padStart(2, "0")}`, "latin1");
    for (;;) {
      const [packet, answer] = PACKET.exec(this.#received) ?? [];
      if (packet === undefined) {
        await once(this.#socket, "data");
        continue;
      }
      this.#received = this.#received.slice(this.#received.indexOf(packet) + packet.length);
      if (answer!.startsWith("T")) continue; // that it stopped
      if (expected !== undefined && answer !== expected)
        throw new Error(`${words}: the debugger says ${answer}`);
      return answer!;
    }
  }
}
