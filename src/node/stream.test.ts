/** node:stream beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import Stream, { Duplex, PassThrough, Readable, Transform, Writable, finished, pipeline } from "node:stream";
import * as promises from "node:stream/promises";
const all = async (stream) => { const got = []; for await (const piece of stream) got.push(String(piece)); return got; };`;

test("streams flow, wait and fail as in Node", () =>
  besideNode(SETUP, [
    `all(Readable.from(["a", "b", "c"]))`,
    `all(Readable.from("whole"))`,
    `all(Readable.from(["a", "b"]).pipe(new Transform({ transform(piece, encoding, done) { done(null, String(piece).toUpperCase()); } })))`,
    `all(Readable.from([1, 2, 3, 4]).filter((x) => x % 2).map((x) => x * 10))`,
    `Readable.from([1, 2, 3]).toArray()`,
    `(async () => { const out = []; await promises.pipeline(Readable.from(["x", "y"]), new PassThrough(), new Writable({ write(piece, encoding, done) { out.push(String(piece)); done(); } })); return out; })()`,
    `promises.pipeline(Readable.from(["x"]), new Transform({ transform(piece, encoding, done) { done(new Error("bad")); } }), new PassThrough())`,
    `new Promise((done) => { const s = new PassThrough(); finished(s, (error) => done(error ?? "fine")); s.end("x"); s.resume(); })`,
    `new Promise((done) => { const s = new PassThrough(); s.on("error", (error) => done(error.message)); s.destroy(new Error("gone")); })`,
    `(() => { const s = new Writable({ highWaterMark: 3, write() {} }); return [s.write("ab"), s.write("cd"), s.writableLength, s.writableNeedDrain]; })()`,
    `new Promise((done) => { const s = new Writable({ write(piece, encoding, done) { done(); } }); s.on("error", (error) => done(error)); s.end(); s.write("late"); })`,
    `new Promise((done) => { const s = new Readable({ read() { this.push("abc"); this.push(null); } }); s.setEncoding("hex"); s.on("data", (d) => done(d)); })`,
    `new Promise((done) => { const got = []; const s = new PassThrough(); s.on("readable", () => { let d; while ((d = s.read(2)) !== null) got.push(String(d)); }); s.on("end", () => done(got)); s.end("abcd"); })`,
    `(() => { class Old { } function Sub() { Readable.call(this); } Object.setPrototypeOf(Sub.prototype, Readable.prototype); return new Sub() instanceof Stream; })()`,
    `Stream.Readable === Readable && Stream.Stream === Stream && new Duplex({ read() {}, write() {} }) instanceof Writable`,
    `(async () => { const s = new PassThrough({ objectMode: true }); s.write({ a: 1 }); s.end(); return (await s.toArray()); })()`,
    `(async () => { const s = Readable.from(["a"]); for await (const x of s) {} return [s.destroyed, s.readableEnded]; })()`,
  ]));

test("Node's streams become the Web's and come back", () =>
  besideNode(SETUP, [
    `new Response(Readable.toWeb(Readable.from([Buffer.from("ab"), Buffer.from("c")]))).text()`,
    `all(Readable.fromWeb(new Response("text").body))`,
    `(async () => { const out = []; const writer = Writable.toWeb(new Writable({ write(piece, encoding, done) { out.push(String(piece)); done(); } })).getWriter(); await writer.write("x"); await writer.close(); return out; })()`,
    `(async () => { const out = []; const s = Writable.fromWeb(new WritableStream({ write(piece) { out.push(String(piece)); } })); s.write("a"); s.end("b"); await promises.finished(s); return out; })()`,
    `(async () => { const s = Readable.fromWeb(new ReadableStream({ pull() { throw new Error("bad"); } })); return all(s); })()`,
  ]));
