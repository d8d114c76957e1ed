/** Looks into a running QEMU guest from outside: all of its physical memory, and the processor's registers. */
import { createConnection } from "node:net";
import { readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";

export interface GuestMemory {
  readonly memory: Uint8Array;
  /** CR0 CR3 CR4 EFER. */
  readonly registers: Readonly<Record<string, bigint>>;
}

/** The QEMU option that opens `socketFile` for `dumpGuest`. */
export const monitorOptions = (socketFile: string): string[] => [
  "-chardev",
  `socket,id=monitor,path=${socketFile},server=on,wait=off`,
  "-mon",
  "chardev=monitor,mode=control",
];

export interface GuestMonitor {
  execute(name: string, words?: object): Promise<string>;
  /** A line as a human would type it. */
  command(line: string): Promise<string>;
  close(): void;
}

export async function openMonitor(socketFile: string): Promise<GuestMonitor> {
  const socket = createConnection(socketFile);
  socket.on("error", () => {}); // its lines end then
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the guest's monitor closed");
      const message = JSON.parse(value) as { return?: unknown; error?: { desc: string } };
      if (message.error !== undefined) throw new Error(message.error.desc);
      if (message.return !== undefined) return String(message.return);
    }
  };
  const execute = (name: string, words: object = {}): Promise<string> => {
    socket.write(`${JSON.stringify({ execute: name, arguments: words })}\n`);
    return answer();
  };
  await execute("qmp_capabilities");
  return {
    execute,
    command: (line) => execute("human-monitor-command", { "command-line": line }),
    close: () => socket.destroy(),
  };
}

/** Stops the guest, copies, and lets it go on, or ends it. `dumpFile` is written and removed. */
export async function dumpGuest(
  socketFile: string,
  dumpFile: string,
  bytes: number,
  afterwards: "cont" | "quit" = "cont",
): Promise<GuestMemory> {
  const { execute, command, close } = await openMonitor(socketFile);
  await execute("stop");
  const shown = await command("info registers");
  await execute("pmemsave", { val: 0, size: bytes, filename: dumpFile });
  await execute(afterwards);
  close();
  const memory = new Uint8Array(readFileSync(dumpFile));
  rmSync(dumpFile);
  const registers = Object.fromEntries(
    ["CR0", "CR3", "CR4", "EFER"].map((name) => {
      const match = new RegExp(`${name}=([0-9a-f]+)`).exec(shown);
      if (match === null) throw new Error(`the monitor does not show ${name}: ${shown}`);
      return [name, BigInt(`0x${match[1]}`)];
    }),
  );
  return { memory, registers };
}

export async function endGuest(socketFile: string): Promise<void> {
  const socket = createConnection(socketFile);
  const commands = ["qmp_capabilities", "quit"].map((execute) => `${JSON.stringify({ execute })}\n`);
  socket.write(commands.join(""));
  socket.on("error", () => {});
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}
