/**
 * Runs one test file inside the engine, in a compartment of its own.
 *
 * Time goes by while JavaScript runs and jumps to the next alarm while it waits: a test that sleeps for two seconds takes
 * none. It goes slowly, for a chain of promises that signs a hundred times is one entry to the engine, which may take ten
 * seconds. What the shell (`shell/`) says comes over the console.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { Compartment } from "../../src/faces/js/compartment.harness.ts";
import {
  bundleText,
  type CompartmentSnapshot,
  type Parts,
} from "../../src/faces/js/compartment-parts.harness.ts";
import type { TestFile } from "./plan.ts";

export interface Subtest {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

export interface FileResult {
  readonly test: TestFile;
  readonly subtests: readonly Subtest[];
  readonly ms: number;
}

const ORIGIN = "http://web-platform.test:8000";
const MEMORY_PAGES = 8192;
const START_MS = 1000;
const CLOCK_DIVISOR = 10;
/** Of the real clock, for a file's own work. */
export const FILE_LIMIT_MS = 120_000;
const PASSED = 0;
const STATUS_NAMES = ["passed", "failed", "timed out", "did not run", "lacks a precondition"];
const HARNESS_OK = 0;
const MESSAGE_MARK = "\u0001";
/** What test servers put into `.sub.` files. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  "{{host}}": "web-platform.test",
  "{{ports[http][0]}}": "8000",
  "{{ports[http][1]}}": "8001",
  "{{ports[https][0]}}": "8443",
};
/** Names all that the bundler would leave out of an app that does not. */
const SHELL_APP = `export const uses = "TextDecoder CompressionStream URLPattern subtle";
export default { fetch() {} };`;
/** Addresses that the tests' own server answers with another file. */
const ALIASES: Readonly<Record<string, string>> = {
  "/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js",
};

/** Engine, runtime and test harness, evaluated once: every file begins from here. */
export async function prepareShell(parts: Parts, root: string): Promise<CompartmentSnapshot> {
  const { script } = await bundleText(SHELL_APP);
  const app = new Compartment(parts, MEMORY_PAGES).start(script);
  const shell = (name: string) => readFileSync(path.join(import.meta.dirname, "shell", name), "utf8");
  const harness = readFileSync(path.join(root, "resources/testharness.js"), "utf8");
  const steps = [
    ["before.js", shell("before.js")],
    ["testharness.js", harness],
    ["after.js", shell("after.js")],
  ] as const;
  for (const [name, text] of steps) {
    const thrown = app.evaluate(text, name);
    if (thrown !== undefined) throw new Error(`${name}: ${thrown}`);
  }
  if (app.errors !== "") throw new Error(app.errors);
  return app.snapshot();
}

interface Message {
  readonly name?: string;
  readonly status?: number;
  readonly message?: string | null;
  readonly file?: string;
  readonly id?: number;
  readonly done?: number;
}

class Session {
  readonly #app: Compartment;
  readonly #root: string;
  readonly #began = performance.now();
  readonly subtests: Subtest[] = [];
  /** What went wrong beside the subtests. */
  trouble: string | undefined;
  #skippedMs = START_MS;
  #isDone = false;

  constructor(parts: Parts, snapshot: CompartmentSnapshot, root: string) {
    this.#root = root;
    this.#app = new Compartment(parts, MEMORY_PAGES, snapshot);
    this.#app.clock = () => this.#skippedMs + this.elapsedMs / CLOCK_DIVISOR;
  }

  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  run(test: TestFile): void {
    const address = `${ORIGIN}/${test.file.replace(/\.any\.js$/, ".any.worker.html")}${test.variant}`;
    this.#evaluate(`wptLocate(${JSON.stringify(address)})`, "locate");
    for (const script of test.scripts) {
      const text = this.#read(script);
      if (text === undefined) this.trouble ??= `there is no ${script}`;
      else this.#evaluate(text, script);
    }
    this.#app.fireAlarm();
    this.#settle();
    if (!this.#isDone) {
      this.#evaluate("wptTimeout()", "timeout");
      this.#app.fireAlarm();
      this.#listen();
    }
    if (!this.#isDone) this.trouble ??= "did not end";
  }

  /** Until the tests are complete, or nothing will happen any more, or it took too long. */
  #settle(): void {
    for (;;) {
      if (this.#listen()) continue;
      if (this.#isDone || this.elapsedMs > FILE_LIMIT_MS || this.#app.alarmAt < 0n) return;
      this.#skippedMs += Math.max(0, Number(this.#app.alarmAt) / 1e6 - this.#app.clock!());
      this.#app.fireAlarm();
    }
  }

  #evaluate(text: string, name: string): void {
    const thrown = this.#app.evaluate(text, name);
    if (thrown !== undefined) this.trouble ??= `${name}: ${thrown}`;
  }

  /** Takes what the shell said. True where that went on with the tests. */
  #listen(): boolean {
    const lines = this.#app.output.split("\n");
    this.#app.output = "";
    let wentOn = false;
    for (const line of lines) {
      if (!line.startsWith(MESSAGE_MARK)) continue;
      const message = JSON.parse(line.slice(1)) as Message;
      if (message.done !== undefined) this.#end(message);
      else if (message.file !== undefined) wentOn = this.#give(message);
      else this.#take(message);
    }
    return wentOn;
  }

  #give({ file, id }: Message): boolean {
    const found = this.#find(file!);
    const bytes = found === undefined ? null : readFileSync(found).toString("latin1");
    this.#evaluate(`wptFiles.give(${id}, ${JSON.stringify(bytes)})`, "give");
    this.#app.fireAlarm();
    return true;
  }

  #take({ name, status, message }: Message): void {
    const passed = status === PASSED;
    this.subtests.push({
      name: name ?? "",
      passed,
      message: passed ? "" : `${STATUS_NAMES[status!] ?? status}: ${message ?? ""}`,
    });
  }

  #end({ done, message }: Message): void {
    this.#isDone = true;
    if (done !== HARNESS_OK) this.trouble ??= `the harness ended with status ${done}: ${message ?? ""}`;
  }

  #find(file: string): string | undefined {
    const found = path.join(this.#root, decodeURIComponent(ALIASES[file] ?? file));
    return found.startsWith(this.#root) && existsSync(found) && statSync(found).isFile() ? found : undefined;
  }

  #read(file: string): string | undefined {
    const found = this.#find(file);
    if (found === undefined) return undefined;
    const text = readFileSync(found, "utf8");
    return file.includes(".sub.")
      ? text.replace(/\{\{[^}]*\}\}/g, (name) => SUBSTITUTES[name] ?? name)
      : text;
  }
}

/** Never throws: whatever goes wrong is a failed subtest of the file. */
export function runTestFile(
  parts: Parts,
  snapshot: CompartmentSnapshot,
  root: string,
  test: TestFile,
): FileResult {
  const session = new Session(parts, snapshot, root);
  try {
    session.run(test);
  } catch (error) {
    session.trouble = `the engine went down: ${String(error)}`;
  }
  const subtests = [...session.subtests];
  if (session.trouble !== undefined)
    subtests.push({ name: "(the file itself)", passed: false, message: session.trouble });
  return { test, subtests, ms: session.elapsedMs };
}
