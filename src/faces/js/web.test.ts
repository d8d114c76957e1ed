/** The Web's interfaces in the engine beside Node's own. */
import test from "node:test";
import assert from "node:assert/strict";
import { compare } from "./beside-node.harness.ts";
import { startApp } from "./compartment.harness.ts";

const bytes = (list: string) => `[...${list}]`;

test("TextEncoder gives the same bytes, with NULs, lone surrogates and long texts", () =>
  compare(
    [
      `""`,
      `"abc"`,
      `"a\\0b\\0"`,
      `"äöü€😀"`,
      `"\\ud800"`,
      `"x\\udc00y\\ud83d"`,
      `"\\ud83d\\ude00\\ude00"`,
      `"é".repeat(300)`,
      `"a".repeat(2000) + "b".repeat(2000)`,
      `"€".repeat(500) + "\\0" + "\\ud800".repeat(500)`,
      `undefined`,
      `12`,
    ].map((text) => bytes(`new TextEncoder().encode(${text})`)),
  ));

test("TextEncoder.encodeInto writes whole characters only", () =>
  compare(
    ["0", "1", "2", "3", "4", "5", "6", "9"].map(
      (size) =>
        `(() => { const b = new Uint8Array(${size}); const r = new TextEncoder().encodeInto("a€😀z", b); return [r, [...b]]; })()`,
    ),
  ));

test("TextDecoder decodes, replaces and refuses the same bytes", () => {
  const inputs = [
    [],
    [0x61, 0, 0x62, 0],
    [0xc3, 0xa4, 0],
    [0xe2, 0x82, 0xac],
    [0xf0, 0x9f, 0x98, 0x80, 0, 0xf0, 0x9f, 0x98, 0x80],
    [0xff],
    [0xc3],
    [0xe2, 0x82],
    [0xf0, 0x9f, 0x98],
    [0xed, 0xa0, 0x80],
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf8, 0x88],
    [0x80, 0x80],
    [0xe2, 0x82, 0x41],
    [0xef, 0xbb, 0xbf, 0x41],
    [0xef, 0xbb, 0xbf],
    [0x41, 0xef, 0xbb, 0xbf],
    [0, 0xff, 0, 0xe2, 0x82, 0xac, 0, 1],
    [1, 0, 1, 0, 2],
  ];
  const expressions = inputs.flatMap((list) => {
    const array = `new Uint8Array(${JSON.stringify(list)})`;
    return [
      `new TextDecoder().decode(${array})`,
      `new TextDecoder("utf8", { fatal: true }).decode(${array})`,
      `new TextDecoder("utf-8", { ignoreBOM: true }).decode(${array})`,
    ];
  });
  return compare([
    ...expressions,
    `new TextDecoder().decode(new Uint8Array([1, 2, 65, 66, 3]).subarray(2, 4))`,
    `new TextDecoder().decode(new Uint16Array([0x4241]))`,
    `new TextDecoder().decode(new DataView(new Uint8Array([65, 66]).buffer))`,
    `new TextDecoder().decode()`,
    `new TextDecoder("no such")`,
    `new TextDecoder().decode("text")`,
  ]);
});

test("TextDecoder streams: every cut of a text gives the same text", () =>
  compare([
    `(() => {
      const all = [0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x41, 0xe2, 0x82];
      const results = [];
      for (let size = 1; size < 6; size++) {
        const decoder = new TextDecoder();
        let text = "";
        for (let at = 0; at < all.length; at += size) text += decoder.decode(new Uint8Array(all.slice(at, at + size)), { stream: true });
        results.push(text + decoder.decode());
      }
      return results;
    })()`,
  ]));

test("Headers keep, combine, order and refuse the same", () =>
  compare([
    `[...new Headers({ B: " x ", a: "y" })]`,
    `[...new Headers([["a", "1"], ["A", "2"], ["set-cookie", "p"], ["Set-Cookie", "q"]])]`,
    `new Headers([["set-cookie", "p"], ["set-cookie", "q"]]).getSetCookie()`,
    `new Headers({ "set-cookie": "p" }).get("Set-Cookie")`,
    `new Headers({ "a b": "x" })`,
    `new Headers({ a: "x\\ny" })`,
    `new Headers({ a: "\\u0100" })`,
    `new Headers({ a: "\\u00e4" }).get("a")`,
    `new Headers([["a"]])`,
    `new Headers().get("x")`,
    `new Headers().get("x y")`,
    `(() => { const h = new Headers(); h.append("x", "1"); h.append("X", "2"); h.set("y", "3"); h.delete("Y"); return [h.get("x"), h.has("y"), [...h.keys()], [...h.values()]]; })()`,
    `[...new Headers(new Headers({ a: "1" }))]`,
  ]));

test("Request and Response hold and refuse the same", () =>
  compare([
    `new Response("x").text()`,
    `new Response("a\\0b\\ud800").text()`,
    `new Response(new Uint8Array([65, 0, 66])).text()`,
    `new Response("ä").arrayBuffer().then((b) => [...new Uint8Array(b)])`,
    `new Response('{"a":[1]}').json()`,
    `new Response("{").json()`,
    `new Response(null).text()`,
    `new Response(null).body`,
    `new Response("x", { status: 99 })`,
    `new Response("x", { status: 204 })`,
    `new Response("x", { status: 600 })`,
    `new Response("x", { statusText: "a\\nb" })`,
    `[new Response("x", { status: 201, statusText: "T" })].map((r) => [r.status, r.statusText, r.ok, r.type, r.redirected])[0]`,
    `[...new Response("x").headers]`,
    `[...new Response("x", { headers: { "content-type": "a/b" } }).headers]`,
    `[...new Response(new URLSearchParams("a=1")).headers]`,
    `[...new Response(new Uint8Array(1)).headers]`,
    `[...Response.json({ a: 1 }).headers]`,
    `Response.json({ a: 1 }, { status: 418, headers: { x: "y" } }).json()`,
    `[...Response.json({}, { headers: { "content-type": "x/y" } }).headers]`,
    `Response.json(undefined)`,
    `[Response.redirect("http://a.test/x", 301)].map((r) => [r.status, r.headers.get("location")])[0]`,
    `Response.redirect("http://a.test/", 200)`,
    `Response.redirect("not a url")`,
    `[Response.error()].map((r) => [r.status, r.type])[0]`,
    `(async () => { const r = new Response("x"); await r.text(); return [r.bodyUsed, await r.text()]; })()`,
    `(async () => { const r = new Response("x"); const c = r.clone(); return [await r.text(), await c.text()]; })()`,
    `(async () => { const r = new Response("x"); r.body; return [await r.text(), r.bodyUsed]; })()`,
    `(async () => { const r = new Response("xy"); const reader = r.body.getReader(); const first = await reader.read(); return [[...first.value], (await reader.read()).done, r.bodyUsed]; })()`,
    `(async () => { const r = new Response("xy"); r.body.getReader(); return r.text(); })()`,
    `(async () => { const r = new Response("xy"); const [a, b] = r.clone().body.tee(); return [await new Response(a).text(), await new Response(b).text()]; })()`,
    `[new Request("http://a.test/x#f", { method: "post", body: "b", headers: { x: "1" } })].map((r) => [r.method, r.url, [...r.headers]])[0]`,
    `new Request("http://a.test/", { method: "POST", body: "b" }).text()`,
    `new Request("http://a.test/", { body: "b" })`,
    `new Request("nope")`,
    `new Request("http://u:p@a.test/")`,
    `new Request("http://a.test/", { method: "TRACE" })`,
    `(async () => { const r = new Request("http://a.test/", { method: "PUT", body: "b" }); const c = r.clone(); return [c.method, await c.text(), await r.text()]; })()`,
    `(async () => { const r = new Request(new Request("http://a.test/", { method: "PUT", body: "b" }), { headers: { y: "2" } }); return [r.method, await r.text(), r.headers.get("y")]; })()`,
    `new Request("http://a.test/", { method: "POST", body: new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); c.close(); } }), duplex: "half" }).text()`,
  ]));

test("base64, structuredClone and errors are the same", () =>
  compare([
    `btoa("hello\\0\\xff")`,
    `btoa("€")`,
    `atob("aGVsbG8A/w==")`,
    `atob(" aGVs bG8 ")`,
    `atob("a")`,
    `atob("a=b")`,
    `atob("ab=")`,
    `btoa("") + atob("")`,
    `["", "a", "ab", "abc", "abcd"].map((t) => atob(btoa(t)))`,
    `(() => { const a = { d: new Date(5), m: new Map([[1, { x: [1n + ""] }]]), s: new Set([1]), r: /a/gi, u: new Uint16Array([1, 2]) }; a.self = a; const b = structuredClone(a); return [b !== a, b.self === b, b.d.getTime(), b.m.get(1), [...b.s], String(b.r), [...b.u], b.m !== a.m]; })()`,
    `structuredClone(() => 1)`,
    `structuredClone(Symbol("x"))`,
    `structuredClone(new RangeError("x")).name`,
    `(() => { const b = new ArrayBuffer(4); const c = structuredClone(b, { transfer: [b] }); return [b.byteLength, c.byteLength]; })()`,
    `[new DOMException("m", "AbortError")].map((e) => [e.name, e.message, e.code, e instanceof Error])[0]`,
    `String(new DOMException("m", "AbortError"))`,
  ]));

test("events and abort signals behave the same", () =>
  compare([
    `(() => { const t = new EventTarget(); const r = []; const f = (e) => r.push(e.type); t.addEventListener("x", f); t.addEventListener("x", f); t.addEventListener("x", () => r.push("once"), { once: true }); t.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x")); t.removeEventListener("x", f); t.dispatchEvent(new Event("x")); return r; })()`,
    `(() => { const t = new EventTarget(); const r = []; t.addEventListener("x", (e) => { r.push(1); e.stopImmediatePropagation(); }); t.addEventListener("x", () => r.push(2)); t.addEventListener("x", { handleEvent() { r.push(3); } }); return [t.dispatchEvent(new Event("x", { cancelable: true })), r]; })()`,
    `(() => { const t = new EventTarget(); t.addEventListener("x", (e) => e.preventDefault()); return [t.dispatchEvent(new Event("x", { cancelable: true })), t.dispatchEvent(new Event("x"))]; })()`,
    `new CustomEvent("x", { detail: 5 }).detail`,
    `(() => { const c = new AbortController(); const r = []; c.signal.onabort = () => r.push("on"); c.signal.addEventListener("abort", () => r.push("listener")); c.abort(); c.abort(); return [r, c.signal.aborted, c.signal.reason.name]; })()`,
    `(() => { const c = new AbortController(); c.abort("why"); return c.signal.reason; })()`,
    `AbortSignal.abort().throwIfAborted()`,
    `new AbortSignal()`,
    `(() => { const c = new AbortController(); const s = AbortSignal.any([c.signal, new AbortController().signal]); c.abort(7); return [s.aborted, s.reason]; })()`,
    `(async () => { const s = AbortSignal.timeout(5); await new Promise((r) => setTimeout(r, 20)); return [s.aborted, s.reason.name]; })()`,
  ]));

test("streams pipe, transform and tee the same", () =>
  compare([
    `(async () => { const r = []; const s = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } }).pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x.toUpperCase()); } })); for await (const x of s) r.push(x); return r; })()`,
    `(async () => { const r = []; await new ReadableStream({ start(c) { c.enqueue(1); c.close(); } }).pipeTo(new WritableStream({ write(x) { r.push(x); } })); return r; })()`,
    `(async () => { const e = await new ReadableStream({ start(c) { c.error(new TypeError("x")); } }).getReader().read().catch((e) => e); return e.name; })()`,
  ]));

test("timers fire in the same order, pass values, repeat and stop", () =>
  compare([
    `(async () => { const r = []; await new Promise((done) => { setTimeout(() => r.push("b"), 40); setTimeout(() => r.push("a"), 1); setTimeout((x, y) => r.push(x + y), 1, "x", "y"); const never = setTimeout(() => r.push("never"), 2); clearTimeout(never); let n = 0; const i = setInterval(() => { r.push("i" + n); if (++n === 3) { clearInterval(i); done(); } }, 80); queueMicrotask(() => r.push("micro")); Promise.resolve().then(() => r.push("then")); r.push("sync"); }); return r; })()`,
    `clearTimeout(undefined)`,
    `queueMicrotask(5)`,
  ]));

test("random values and identifiers have their form", async () => {
  const app = await startApp(`
    const a = crypto.getRandomValues(new Uint8Array(32));
    const names = (f: () => unknown) => { try { f(); return "none"; } catch (error) { return (error as Error).name; } };
    console.log(JSON.stringify([a.some((x) => x !== 0), crypto.randomUUID(), crypto.randomUUID(),
      names(() => crypto.getRandomValues(new Uint8Array(65537))), names(() => crypto.getRandomValues(new Float32Array(1) as never))]));`);
  const [some, first, second, tooMany, floats] = JSON.parse(app.output) as [
    boolean,
    string,
    string,
    string,
    string,
  ];
  assert.ok(some);
  assert.match(first, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.notEqual(first, second);
  assert.deepEqual([tooMany, floats], ["QuotaExceededError", "TypeMismatchError"]);
});
