/**
 * A real browser without a window, driven over a pipe: the DevTools protocol, messages ended by a zero byte.
 *
 * Source: chromedevtools.github.io/devtools-protocol; `--remote-debugging-pipe` reads descriptor 3 and writes 4.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const ANSWER_LIMIT_MS = 60_000;

export function findBrowser(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A tab of a browser of its own. */
export class Browser {
  /** Methods and parameters of what it told by itself, in order. */
  readonly events: { readonly method: string; readonly params: Record<string, unknown> }[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #answers = new Map<number, (message: Message) => void>();
  #next = 1;
  #session: string | undefined;

  static async start(file: string): Promise<Browser> {
    const browser = new Browser(file);
    const { targetId } = await browser.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.call(`${domain}.enable`);
    return browser;
  }

  private constructor(file: string) {
    this.#folder = mkdtempSync(path.join(tmpdir(), "skerry-browser-"));
    const words = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      "--remote-debugging-pipe",
    ];
    this.#child = spawn(file, [...words, `--user-data-dir=${this.#folder}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    let text = "";
    (this.#child.stdio[4] as Readable).setEncoding("utf8").on("data", (piece: string) => {
      const messages = (text + piece).split("\0");
      text = messages.pop()!;
      for (const message of messages) this.#hear(JSON.parse(message) as Message);
    });
  }

  /** Loads the file as a device of this look would show it. */
  async open(file: string, { width, height, scheme }: Look): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.call("Emulation.setEmulatedMedia", { features });
    this.events.length = 0;
    await this.call("Page.navigate", { url: `file://${file}` });
    await this.evaluate(
      "new Promise((loaded) => document.readyState === 'complete' ? loaded() : addEventListener('load', loaded))",
    );
  }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate(expression: string): Promise<unknown> {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", asked);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  }

  async call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const message = {
      id,
      method,
      params,
      ...(this.#session === undefined ? {} : { sessionId: this.#session }),
    };
    const answered = new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWER_LIMIT_MS);
      this.#answers.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    const { error, result = {} } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Asked to end, it ends its own processes; killed, it would leave them behind. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#session = undefined;
    await this.call("Browser.close");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #hear({ id, method, params = {}, ...answer }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(answer);
    else if (method !== undefined) this.events.push({ method, params });
  }
}
