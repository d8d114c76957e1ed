/** AsyncLocalStorage beside Node's own. */
import test from "node:test";
import assert from "node:assert/strict";
import { besideNode } from "./beside-node.harness.ts";
import { startApp, textOf } from "../faces/js/compartment.harness.ts";
import { bundleText } from "../faces/js/compartment-parts.harness.ts";

const SETUP = `import { AsyncLocalStorage, AsyncResource } from "node:async_hooks"; import { setTimeout as wait } from "node:timers/promises"; import timers from "node:timers";
const storage = new AsyncLocalStorage(); const other = new AsyncLocalStorage();`;

test("a store goes along with everything that runs later", () =>
  besideNode(SETUP, [
    `storage.run(1, () => storage.getStore())`,
    `storage.getStore()`,
    `storage.run(1, async () => { await null; await wait(1); return storage.getStore(); })`,
    `storage.run(1, async () => { const inner = storage.run(2, async () => { await null; return storage.getStore(); }); await null; return [storage.getStore(), await inner, storage.getStore()]; })`,
    `storage.run(1, () => new Promise((done) => setTimeout(() => done(storage.getStore()), 1)))`,
    `storage.run(1, () => new Promise((done) => timers.setTimeout(() => done(storage.getStore()), 1)))`,
    `storage.run(1, () => new Promise((done) => setImmediate(() => done(storage.getStore()))))`,
    `storage.run(1, () => new Promise((done) => process.nextTick(() => done(storage.getStore()))))`,
    `storage.run(1, () => new Promise((done) => queueMicrotask(() => done(storage.getStore()))))`,
    `storage.run(1, () => Promise.reject(new Error("x")).catch(() => storage.getStore()))`,
    `storage.run(1, () => Promise.resolve().finally(() => {}).then(() => storage.getStore()))`,
    `storage.run(1, async () => { const seen = []; for await (const x of (async function* () { yield storage.getStore(); await null; yield storage.getStore(); })()) seen.push(x, storage.getStore()); return seen; })`,
    `storage.run(1, async () => { try { await Promise.reject(new Error("x")); } catch { return storage.getStore(); } })`,
    `storage.run(1, () => other.run(2, async () => { await null; return [storage.getStore(), other.getStore()]; }))`,
    `storage.run(1, () => storage.exit(() => storage.getStore()))`,
    `storage.run(1, async () => { storage.enterWith(3); await null; return storage.getStore(); })`,
    `(async () => { const later = storage.run(1, () => AsyncLocalStorage.snapshot()); await null; return [storage.getStore(), later(() => storage.getStore())]; })()`,
    `storage.run(1, () => AsyncLocalStorage.bind(() => storage.getStore()))()`,
    `storage.run(1, () => new AsyncResource("x")).runInAsyncScope((a, b) => [storage.getStore(), a, b], null, 4, 5)`,
    `Promise.all([1, 2, 3].map((x) => storage.run(x, async () => { await wait(4 - x); return storage.getStore(); })))`,
    `storage.run(1, function (a) { return [a, storage.getStore()]; }, 9)`,
    `class A { async m(...args) { await null; return [this instanceof A, args, storage.getStore()]; } } && storage.run(1, () => new A().m(1, 2))`.replace(
      /^class A (.*) && (.*)$/,
      "(() => { class A $1 return $2; })()",
    ),
  ]));

test("requests that interleave keep their stores apart, and the next request begins with none", async () => {
  const app = await startApp(`
    import { AsyncLocalStorage } from "node:async_hooks";
    const storage = new AsyncLocalStorage<string>();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    export default { async fetch(request: Request) {
      const before = storage.getStore();
      const { pathname } = new URL(request.url);
      storage.enterWith(pathname);
      if (pathname === "/last") release(); else await gate;
      await null;
      return new Response(before + " " + storage.getStore());
    } };`);
  const requests = ["/one", "/two", "/last"].map((target) => app.request(target));
  assert.deepEqual(requests.map(textOf), ["undefined /one", "undefined /two", "undefined /last"]);
});

test("async functions are lowered where a storage is used, and only there", async () => {
  const lowered = async (source: string) => {
    const app = (await bundleText(source)).script.split("\0")[1]!;
    return !/async function work/.test(app);
  };
  const work = "async function work() { await null; } void work();";
  assert.equal(await lowered(work), false);
  assert.equal(
    await lowered(`import { AsyncResource } from "async_hooks"; new AsyncResource("x"); ${work}`),
    false,
  );
  assert.equal(
    await lowered(`import { AsyncLocalStorage } from "async_hooks"; new AsyncLocalStorage(); ${work}`),
    true,
  );
});
