/** zlib beside Node's own; how packages find out what there is. */
import test from "node:test";
import assert from "node:assert/strict";
import { besideNode } from "./beside-node.harness.ts";
import { startApp } from "../faces/js/compartment.harness.ts";

const SETUP = `import zlib from "node:zlib";
import { promisify } from "node:util";
const KINDS = ["Gzip", "Deflate", "DeflateRaw", "Gunzip", "Inflate", "InflateRaw", "Unzip"];
const through = (stream, input) => new Promise((resolve, reject) => {
  const pieces = [];
  stream.on("data", (piece) => pieces.push(piece)).on("end", () => resolve(Buffer.concat(pieces).toString())).on("error", reject);
  stream.end(input);
});`;

test("a stream is of its class and of no other, and what was packed comes out again, as in Node", () =>
  besideNode(SETUP, [
    `KINDS.map((kind) => KINDS.filter((other) => zlib["create" + kind]() instanceof zlib[other]))`,
    `through(new zlib.Gunzip(), await promisify(zlib.gzip)("grüße".repeat(1000)))`,
    `through(zlib.createUnzip(), await promisify(zlib.gzip)("x"))`,
    `through(zlib.createInflateRaw(), await promisify(zlib.deflateRaw)("y"))`,
    `through(zlib.createInflate(), Buffer.from("no")).catch((error) => error.code)`,
  ]));

test("packages that look for Brotli find none, and a flush says by name that there is none", async () => {
  const app = await startApp(`import zlib from "node:zlib";
    import * as all from "node:zlib";
    console.log("createBrotliCompress" in zlib, "createBrotliCompress" in all, typeof zlib.constants);
    try { zlib.createGzip().flush(); } catch (error: any) { console.log(error.code); }`);
  assert.equal(app.errors, "");
  assert.equal(app.output, "false false object\nERR_FEATURE_UNAVAILABLE_ON_PLATFORM\n");
});
