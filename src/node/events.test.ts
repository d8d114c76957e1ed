/** EventEmitter beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import EventEmitter, { once, on, errorMonitor, getEventListeners } from "node:events";
const log = (work) => { const lines = []; const emitter = new EventEmitter(); const result = work(emitter, (...values) => { lines.push(values); }); return [lines, result]; };`;

test("listeners are called, ordered, removed and counted as in Node", () =>
  besideNode(SETUP, [
    `log((e, l) => { e.on("a", (x) => l(1, x)); e.prependListener("a", (x) => l(0, x)); return e.emit("a", 5) && !e.emit("b"); })`,
    `log((e, l) => { e.once("a", (x) => l(x)); e.emit("a", 1); e.emit("a", 2); return e.listenerCount("a"); })`,
    `log((e, l) => { const f = () => l("f"); e.on("a", f); e.on("a", f); e.off("a", f); e.emit("a"); return e.eventNames(); })`,
    `log((e, l) => { e.on("a", () => { l(1); e.on("a", () => l(2)); e.removeAllListeners("b"); }); e.on("b", () => {}); e.emit("a"); return e.eventNames(); })`,
    `log((e, l) => { e.on("newListener", (n, f) => l("new", n, typeof f)); e.on("removeListener", (n) => l("gone", n)); const f = () => {}; e.once("x", f); e.removeListener("x", f); })`,
    `log((e, l) => { e.on("removeListener", (n) => l(n)); e.on("a", () => {}); e.on("b", () => {}); e.removeAllListeners(); return e.eventNames(); })`,
    `log((e) => e.emit("error", new TypeError("mine")))`,
    `log((e) => e.emit("error", "text"))`,
    `log((e) => e.emit("error"))`,
    `log((e, l) => { e.on(errorMonitor, (x) => l("saw", x.message)); e.on("error", (x) => l("had", x.message)); e.emit("error", new Error("x")); })`,
    `log((e) => e.on("a", 1))`,
    `log((e) => e.setMaxListeners(-1))`,
    `log((e) => e.setMaxListeners(3).getMaxListeners())`,
    `log((e) => { const f = () => {}; e.once("a", f); return [e.listeners("a")[0] === f, e.rawListeners("a")[0] === f, getEventListeners(e, "a").length]; })`,
    `log((e, l) => { e.on("a", function () { l(this === e); }); e.emit("a"); })`,
    `log((e, l) => { e.on("a", function f() { l("one"); e.off("a", f); }); e.on("a", () => l("two")); e.emit("a"); e.emit("a"); })`,
    `(() => { function Old() { EventEmitter.call(this); } Object.setPrototypeOf(Old.prototype, EventEmitter.prototype); const a = new Old(), b = new Old(); a.on("x", () => {}); return [a.listenerCount("x"), b.listenerCount("x")]; })()`,
    `(() => { const o = {}; for (const k in EventEmitter.prototype) o[k] = EventEmitter.prototype[k]; let n = 0; o.on("x", () => n++); o.emit("x"); return n; })()`,
    `(() => { class Sub extends EventEmitter { constructor() { super(); this.emitLater = () => this.emit("x", 1); } } const s = new Sub(); let got; s.on("x", (v) => (got = v)); s.emitLater(); return got; })()`,
    `EventEmitter.EventEmitter === EventEmitter && EventEmitter.defaultMaxListeners`,
    `(() => { const e = new EventEmitter(); e.on(Symbol.for("s"), () => {}); return e.eventNames().map(String); })()`,
  ]));

test("events are waited for as in Node", () =>
  besideNode(SETUP, [
    `(async () => { const e = new EventEmitter(); queueMicrotask(() => e.emit("a", 1, 2)); return once(e, "a"); })()`,
    `(async () => { const e = new EventEmitter(); queueMicrotask(() => e.emit("error", new Error("x"))); return once(e, "a"); })()`,
    `(async () => { const e = new EventEmitter(); queueMicrotask(() => e.emit("error", new Error("x"))); return once(e, "error"); })()`,
    `once(new EventEmitter(), "a", { signal: AbortSignal.abort() })`,
    `(async () => { const t = new EventTarget(); queueMicrotask(() => t.dispatchEvent(new Event("a"))); return (await once(t, "a"))[0].type; })()`,
    `(async () => { const e = new EventEmitter(); const got = []; const all = on(e, "a", { close: ["end"] }); e.emit("a", 1); queueMicrotask(() => { e.emit("a", 2); e.emit("end"); }); for await (const v of all) got.push(v); return got; })()`,
    `(async () => { const e = new EventEmitter(); const all = on(e, "a"); e.emit("error", new Error("bad")); for await (const v of all) return v; })()`,
    `(async () => { const e = new EventEmitter({ captureRejections: true }); e.on("a", async () => { throw new Error("lost"); }); const got = once(e, "error"); e.emit("a"); return got; })()`,
  ]));
