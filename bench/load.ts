/**
 * A load of HTTP requests at a fixed rate over keep-alive connections, and what it cost the server.
 *
 * The rate is open-loop: requests are due by the clock, whether or not earlier ones were answered; one that finds
 * every connection busy waits, and its wait counts as latency.
 */
import net from "node:net";
import { readFileSync } from "node:fs";

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Sent but not counted, before the measurement. */
  readonly warmUpMs: number;
  /** The server's process; its CPU time is read over the measured time only. */
  readonly serverPid: number;
}

export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly cpuPerRequestUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const TICK_MS = 1;
/** Linux counts CPU time for user space in hundredths of a second (USER_HZ). */
const CLOCK_TICK_US = 10_000;

/** CPU time of a process and all its threads so far, user and system, in microseconds. */
function cpuTimeUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_US;
}

class Connection {
  readonly socket: net.Socket;
  dueAt = 0;
  #buffer = "";

  constructor(port: number, answered: (connection: Connection) => void, failed: () => void) {
    this.socket = net.connect(port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.on("data", (bytes) => {
      this.#buffer += bytes.toString("latin1");
      const head = this.#buffer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(this.#buffer)?.[1] ?? 0);
      if (this.#buffer.length < head + 4 + length) return;
      if (!this.#buffer.startsWith("HTTP/1.1 200")) failed();
      this.#buffer = this.#buffer.slice(head + 4 + length);
      answered(this);
    });
    this.socket.on("error", failed);
  }
}

export async function applyLoad(load: Load): Promise<LoadResult> {
  const request = `GET ${load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  const idle: Connection[] = [];
  const due: number[] = [];
  const latenciesUs: number[] = [];
  let failed = 0;
  let counting = false;
  const send = (connection: Connection, dueAt: number) => {
    connection.dueAt = dueAt;
    connection.socket.write(request);
  };
  const answered = (connection: Connection) => {
    if (counting) latenciesUs.push((performance.now() - connection.dueAt) * 1000);
    const next = due.shift();
    if (next === undefined) idle.push(connection);
    else send(connection, next);
  };
  const all = Array.from(
    { length: load.connections },
    () => new Connection(load.port, answered, () => failed++),
  );
  await Promise.all(all.map((each) => new Promise((resolve) => each.socket.once("connect", resolve))));
  idle.push(...all);
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const wanted = Math.floor(((now - startedAt) * load.perSecond) / 1000);
    for (; sent < wanted; sent++) {
      const connection = idle.pop();
      if (connection === undefined) due.push(now);
      else send(connection, now);
    }
  }, TICK_MS);
  await new Promise((resolve) => setTimeout(resolve, load.warmUpMs));
  counting = true;
  const cpuBefore = cpuTimeUs(load.serverPid);
  const countedFrom = performance.now();
  await new Promise((resolve) => setTimeout(resolve, load.durationMs));
  const cpuUs = cpuTimeUs(load.serverPid) - cpuBefore;
  const seconds = (performance.now() - countedFrom) / 1000;
  counting = false;
  clearInterval(timer);
  for (const each of all) each.socket.destroy();
  latenciesUs.sort((a, b) => a - b);
  const at = (part: number) => latenciesUs[Math.floor(latenciesUs.length * part)] ?? NaN;
  return {
    answered: latenciesUs.length,
    failed,
    perSecond: latenciesUs.length / seconds,
    cpuPerRequestUs: cpuUs / latenciesUs.length,
    p50Us: at(0.5),
    p99Us: at(0.99),
  };
}
