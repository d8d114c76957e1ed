/** What the Linux side does, by name: each job is a connection or many, and says what it saw. Run by `peer.ts`. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6, connect, type Socket } from "node:net";
import { pattern, reportOf } from "./pattern.ts";
import type { Answer, Question } from "./peer.ts";

interface Place {
  readonly host: string;
  readonly port: number;
}

type At = Pick<Place, "host">;
const ECHO = 7;
const SINK = 9;
const SOURCE = 19;
/** Larger ones come in fragments, and are summed instead. */
const LARGEST_ECHO = 1452;
const REACH_LIMIT_MS = 60_000;
const DATAGRAM_LIMIT_MS = 30_000;

/** Connections that are kept open between jobs. */
const held: Socket[] = [];
let goOn: () => void = () => {};

const jobs = {
  /** Until a connection is taken. */
  async reach(place: Place) {
    const limit = Date.now() + REACH_LIMIT_MS;
    for (;;) {
      const reason = await opened(place).then(
        (socket) => void socket.destroy(),
        (error: Error) => error.message,
      );
      if (reason === undefined) return;
      if (Date.now() > limit)
        throw new Error(`${place.host} port ${place.port} was never reached: ${reason}`);
      await pause(50);
    }
  },

  /** Sends `length` bytes to the sink: what it answered, and should have. */
  async upload({ host, length }: At & { length: number }) {
    const bytes = pattern(length);
    const socket = await opened({ host, port: SINK });
    socket.end(bytes);
    return { answer: (await whole(socket)).toString(), expected: reportOf(bytes) };
  },

  /** Asks the source for `length` bytes: whether all came as they should. Who `waits` reads nothing until `read`. */
  async download({ host, length, waits = false }: At & { length: number; waits?: boolean }) {
    const socket = await opened({ host, port: SOURCE });
    socket.pause();
    socket.write(`${length}\n`);
    if (waits) await new Promise<void>((resolve) => void (goOn = resolve));
    const bytes = await whole(socket);
    socket.end();
    return { length: bytes.length, isRight: bytes.equals(pattern(length)) };
  },

  /** Has the download that waits go on. */
  async read(_given: object) {
    goOn();
  },

  /** Sends and receives at the same time: whether the echo was right. */
  async echo({ host, length }: At & { length: number }) {
    const bytes = pattern(length);
    const socket = await opened({ host, port: ECHO });
    socket.end(bytes);
    return (await whole(socket)).equals(bytes);
  },

  /** The peer finishes first; what is sent afterwards must still be taken. */
  async finishLate({ host, late }: At & { late: number }) {
    const socket = await opened({ host, port: SOURCE });
    socket.write("5\n");
    const first = await whole(socket);
    for (let sent = 0; sent < late; sent += 1000) {
      socket.write(new Uint8Array(Math.min(1000, late - sent)));
      await pause(1);
    }
    socket.end();
    await once(socket, "close");
    return first.length;
  },

  /** Sends datagrams of these sizes one after the other: the sizes of which the right answer came. */
  async datagrams({ host, sizes }: At & { sizes: readonly number[] }) {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const right: number[] = [];
    for (const size of sizes) {
      const bytes = pattern(size);
      const signal = AbortSignal.timeout(DATAGRAM_LIMIT_MS);
      const answer = once(socket, "message", { signal }).catch(() => []) as Promise<[Buffer?]>;
      socket.send(bytes, ECHO, host);
      const expected = size <= LARGEST_ECHO ? bytes : Buffer.from(reportOf(bytes));
      if ((await answer)[0]?.equals(expected) === true) right.push(size);
    }
    socket.close();
    return right;
  },

  /** Opens and closes `count` connections, `width` at a time; each echoes a line. How many went wrong. */
  async manyShort({ host, count, width }: At & { count: number; width: number }) {
    let begun = 0;
    let wrong = 0;
    const work = async (): Promise<void> => {
      while (begun++ < count) {
        try {
          const socket = await opened({ host, port: ECHO });
          socket.end("line\n");
          if ((await whole(socket)).toString() !== "line\n") wrong++;
        } catch {
          wrong++;
        }
      }
    };
    await Promise.all(Array.from({ length: width }, work));
    return wrong;
  },

  /** A request on a connection of its own, `count` times: how long each took in ms; `failedMs` for one that failed. */
  async latencies({ host, count, failedMs }: At & { count: number; failedMs: number }) {
    const taken: number[] = [];
    for (let index = 0; index < count; index++) {
      const startedAt = performance.now();
      const isGood = await Promise.race([hello(host), pause(failedMs).then(() => false)]).catch(() => false);
      taken.push(isGood ? performance.now() - startedAt : failedMs);
    }
    return taken;
  },

  /** Opens connections and keeps them; how many there are now. */
  async hold({ host, port, count }: Place & { count: number }) {
    for (let index = 0; index < count; index++) held.push(await opened({ host, port }));
    return held.length;
  },

  /** As `hold`, each with a request whose body nobody takes: `bytes` of it wait in the machine. */
  async fill({ host, count, bytes }: At & { count: number; bytes: number }) {
    const head = `POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes + 1}\r\n\r\n`;
    for (let index = 0; index < count; index++) {
      const socket = await opened({ host, port: 80 });
      socket.on("error", () => {}).write(head + "x".repeat(bytes));
      held.push(socket);
    }
  },

  /** Writes on every kept connection: how each ended, or `open`. */
  async write({ waitMs }: { waitMs: number }) {
    const ends = held.map(async (socket) => {
      const end = new Promise<string>((resolve) => {
        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        socket.once("end", () => resolve("end"));
      });
      socket.resume().write("more\n");
      return Promise.race([end, pause(waitMs).then(() => "open")]);
    });
    return Promise.all(ends);
  },

  /** Writes a line on every kept connection: how many echo it. */
  async echoes({ waitMs }: { waitMs: number }) {
    const answers = held.map((socket) => {
      socket.on("error", () => {});
      const line = once(socket, "data", { signal: AbortSignal.timeout(waitMs) });
      socket.write("line\n");
      return line.then(
        () => 1,
        () => 0,
      );
    });
    return (await Promise.all(answers)).reduce((sum, one) => sum + one, 0 as number);
  },

  async release(_given: object) {
    // By a reset: who only finishes may still want an answer, and keeps the place.
    for (const socket of held.splice(0)) socket.resetAndDestroy();
  },
};

export type Jobs = typeof jobs;

async function opened({ host, port }: Place): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function hello(host: string): Promise<boolean> {
  const socket = await opened({ host, port: 80 });
  socket.end("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  return (await whole(socket)).includes("hello, world");
}

/** Everything until the peer's end. */
async function whole(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket.iterator({ destroyOnReturn: false })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function answer({ id, job, given }: Question): Promise<Answer> {
  try {
    const work = jobs[job as keyof Jobs] as (given: unknown) => Promise<unknown>;
    return { id, result: await work(given) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", (question: Question) => void answer(question).then((said) => process.send!(said)));
process.once("disconnect", () => process.exit());
process.send!("ready");
