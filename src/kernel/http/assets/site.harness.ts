/** The decisions over a folder of files, in Node: no server, no connection. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assemble, textAt, type TestExports } from "../../../../tools/assembly-test.ts";
import { buildAssets, type AssetsWish } from "../../../image/assets/assets.ts";

const ROOT = `
import { startCharacters } from "../characters";
import { askText, startAsked } from "./asked";
import { contentAt, contentLength, decide, emitFields, status } from "./decision";
import { isHandlerFirst, startPack } from "./pack";
const text = memory.data(32768);
const out = memory.data(32768);
export function start(): void { startCharacters(); startAsked(); startPack(); }
export function textPlace(): usize { return text; }
export function outPlace(): usize { return out; }
export function ask(length: u32, isWhole: bool): i32 {
  if (!askText(text, length)) return -1;
  return decide(isWhole) ? <i32>status : 0;
}
export function fields(): u32 { return <u32>(emitFields(out) - out); }
export function at(): u32 { return contentAt; }
export function length(): u32 { return contentLength; }
`;

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** The fields as they stand. */
  readonly lines: readonly string[];
  readonly content: Buffer;
}

/** The decisions over a folder with these files. */
export class Site {
  readonly #exports: TestExports;
  readonly #pack: Uint8Array;

  constructor(exports: TestExports, pack: Uint8Array) {
    this.#exports = exports;
    this.#pack = pack;
    exports["start"]();
  }

  static async of(files: Readonly<Record<string, string>>, wish: Partial<AssetsWish> = {}): Promise<Site> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-site-"));
    try {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
      }
      const { pack } = await buildAssets({ directory: folder, ...wish });
      const assetBytes = (from: number, to: number, count: number): void => {
        assert.ok((from >>> 0) + count <= pack.length, "nothing outside the pack is read");
        new Uint8Array(exports.memory.buffer).set(pack.subarray(from, from + count), to);
      };
      const exports: TestExports = await assemble("http/assets/test.harness.ts", ROOT, {
        platform: { assetBytes },
      });
      return new Site(exports, pack);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Undefined: it is left to the app. */
  ask(target: string, fields: readonly string[] = [], method = "GET", isWhole = true): Answer | undefined {
    const head = Buffer.from([`${method} ${target}`, ...fields, ""].join("\r\n"), "latin1");
    const { memory, ...kernel } = this.#exports;
    new Uint8Array(memory.buffer).set(head, kernel["textPlace"]());
    const status = kernel["ask"](head.length, isWhole) as number;
    assert.ok(status >= 0, `no head: ${head.toString()}`);
    return status === 0 ? undefined : this.#answer(status);
  }

  /** Of a head as it stands; undefined where it is none. */
  askBytes(head: Uint8Array): Answer | undefined {
    const { memory, ...kernel } = this.#exports;
    new Uint8Array(memory.buffer).set(head, kernel["textPlace"]());
    const status = kernel["ask"](head.length, true) as number;
    return status < 0 ? undefined : this.#answer(status);
  }

  #answer(status: number): Answer {
    const { memory, ...kernel } = this.#exports;
    const lines = textAt(memory, kernel["outPlace"](), kernel["fields"]()).split("\r\n").slice(0, -1);
    const at = kernel["at"]() as number;
    const entries = lines.map((line) => [line.split(": ")[0]!.toLowerCase(), line.replace(/^[^:]*: /, "")]);
    return {
      status,
      lines,
      fields: Object.fromEntries(entries) as Record<string, string>,
      content: Buffer.from(this.#pack.subarray(at, at + (kernel["length"]() as number))),
    };
  }

  status(...asked: Parameters<Site["ask"]>): number | undefined {
    return this.ask(...asked)?.status;
  }
}

export const LONG = "all of it is the same, and shrinks. ".repeat(100);
export const FILES = {
  "index.html": "home",
  "about.html": LONG,
  "blog/index.html": "blog",
  "blog/404.html": "no such post",
  "404.html": "nothing here",
  "a b/ü.txt": "umlaut",
  "plain.txt": "0123456789",
  "empty.txt": "",
  "img/x.png": "png",
};
