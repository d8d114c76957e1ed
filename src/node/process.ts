/**
 * node:process (Node 20), of a machine that has one program: environment, exit, time, and text to the console.
 *
 * The environment is read when it is asked for, so an app whose top level reads it is evaluated at boot. Variables that
 * only speak to people at terminals (`DEBUG`, `NO_COLOR`) are not there while an image is built, and read later.
 *
 * Tests: process.test.ts
 */
import { EventEmitter } from "./events.ts";
import { requireFunction } from "./errors.ts";
import { machine } from "./machine.ts";

/** Packages compare it: the release whose interfaces these are. */
const VERSION = "20.20.0";
/** Asked for by packages at their top level; no reason to evaluate an app at each boot. */
const FOR_PEOPLE = new Set(["DEBUG", "DEBUG_COLORS", "NODE_DEBUG", "NO_COLOR", "FORCE_COLOR", "TERM", "CI"]);
/** As the bundler has it where it stands in the code (`src/image/bundle.ts`), for who looks it up in another way. */
const NODE_ENV = "production";
const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;

let variables: Record<string, string> | undefined;

const read = () => (variables ??= { ...machine.environment(), NODE_ENV });

const env = new Proxy({} as Record<string, string | undefined>, {
  get(_, name) {
    if (typeof name !== "string" || (FOR_PEOPLE.has(name) && variables === undefined)) return undefined;
    if (name === "NODE_ENV" && variables === undefined) return NODE_ENV;
    const found = read();
    return Object.hasOwn(found, name) ? found[name] : undefined;
  },
  set(_, name, value) {
    read()[name as string] = String(value);
    return true;
  },
  has: (_, name) => Object.hasOwn(read(), name),
  deleteProperty: (_, name) => delete read()[name as string],
  ownKeys: () => Reflect.ownKeys(read()),
  defineProperty(_, name, { value }) {
    read()[name as string] = String(value);
    return true;
  },
  getOwnPropertyDescriptor(_, name) {
    const value = Object.hasOwn(read(), name) ? read()[name as string] : undefined;
    return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
});

class Process extends EventEmitter {
  readonly env = env;
  readonly argv: string[] = ["skerry", "/app.js"];
  readonly argv0 = "skerry";
  readonly execArgv: string[] = [];
  readonly execPath = "/skerry";
  title = "skerry";
  readonly pid = 1;
  readonly ppid = 0;
  readonly arch = "x64";
  readonly platform = "linux";
  readonly version = `v${VERSION}`;
  readonly versions = { node: VERSION, skerry: "1" };
  readonly release = { name: "skerry" };
  readonly config = { variables: {}, target_defaults: {} };
  readonly features = {};
  exitCode: number | undefined = undefined;
  readonly stdout = output(1);
  readonly stderr = output(2);
  readonly hrtime = Object.assign(hrtime, {
    bigint: () => BigInt(Math.round(performance.now() * NS_PER_MS)),
  });
  readonly memoryUsage = Object.assign(memoryUsage, { rss: () => 0 });

  cwd(): string {
    return "/";
  }

  uptime(): number {
    return performance.now() / 1000;
  }

  umask(): number {
    return 0o022;
  }

  exit(code?: number): never {
    if (code !== undefined) this.exitCode = code;
    this.emit("exit", this.exitCode ?? 0);
    machine.exit(this.exitCode ?? 0);
    // The machine ends with this turn; nothing of the app is to go on.
    throw new Error("process.exit");
  }

  abort(): never {
    return this.exit(134);
  }

  nextTick(callback: (...values: unknown[]) => unknown, ...values: unknown[]): void {
    requireFunction(callback, "callback");
    queueMicrotask(values.length === 0 ? (callback as () => void) : () => void callback(...values));
  }

  emitWarning(warning: string | Error, options?: string | { type?: string; code?: string }): void {
    const type = typeof options === "string" ? options : (options?.type ?? "Warning");
    const code = typeof options === "object" && options.code !== undefined ? ` [${options.code}]` : "";
    const text = typeof warning === "string" ? `${type}: ${warning}` : `${warning.name}: ${warning.message}`;
    machine.write(2, `(skerry)${code} ${text}\n`);
  }

  cpuUsage(): { user: number; system: number } {
    return { user: Math.round(performance.now() * 1000), system: 0 };
  }
}

/** A stream that only writes: packages print through it, and ask whether it is a terminal. */
function output(stream: 1 | 2): OutputStream {
  return Object.assign(new EventEmitter(), {
    fd: stream,
    isTTY: false,
    writable: true,
    columns: 80,
    write(text: string | Uint8Array, encoding?: unknown, callback?: unknown) {
      machine.write(stream, text);
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") queueMicrotask(() => void (done as () => void)());
      return true;
    },
    end(text?: string | Uint8Array) {
      if (text !== undefined) machine.write(stream, text);
    },
  });
}

interface OutputStream extends EventEmitter {
  readonly fd: number;
  readonly isTTY: boolean;
  write(text: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean;
  end(text?: string | Uint8Array): void;
}

function hrtime(since?: readonly [number, number]): [number, number] {
  const now = Math.round(performance.now() * NS_PER_MS);
  const all = since === undefined ? now : now - since[0] * NS_PER_SECOND - since[1];
  const seconds = Math.floor(all / NS_PER_SECOND);
  return [seconds, all - seconds * NS_PER_SECOND];
}

/** The engine tells no sizes. */
function memoryUsage() {
  return { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
}

const process = new Process();

/** What nobody caught is the Web's event first; a listener here has dealt with it, as one there that cancels it. */
addEventListener("error", (event) => {
  if (process.emit("uncaughtException", (event as ErrorEvent).error, "uncaughtException"))
    event.preventDefault();
});
addEventListener("unhandledrejection", (event) => {
  const { reason, promise } = event as PromiseRejectionEvent;
  const isHeard =
    process.emit("unhandledRejection", reason, promise) ||
    process.emit("uncaughtException", reason, "unhandledRejection");
  if (isHeard) event.preventDefault();
});
addEventListener("rejectionhandled", (event) => {
  process.emit("rejectionHandled", (event as PromiseRejectionEvent).promise);
});

export const {
  argv,
  argv0,
  arch,
  execArgv,
  execPath,
  pid,
  platform,
  release,
  stderr,
  stdout,
  version,
  versions,
} = process;
export { env, hrtime };
export const nextTick = process.nextTick;
export const cwd = process.cwd;
export const uptime = process.uptime;
export const exit = (code?: number): never => process.exit(code);
export const emitWarning = process.emitWarning;
export default process;
