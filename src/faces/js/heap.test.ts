/** The engine's heap: blocks that do not overlap, bytes that are counted, and garbage that is found before memory ends. */
import test from "node:test";
import assert from "node:assert/strict";
import { type Compartment, startApp } from "./compartment.harness.ts";

const LITTLE_MEMORY_PAGES = 512; // 32 MiB
const REQUESTS = 200;

/** Each request makes a megabyte, in a circle that only the collector undoes, or one that is kept. */
const CIRCLES = `
  const kept = [];
  export default {
    async fetch(request) {
      const bytes = request.method === "POST" ? await request.bytes() : new Uint8Array(1 << 20).fill(7);
      const circle = { bytes };
      circle.self = circle;
      if (request.url.endsWith("/keep")) kept.push(circle);
      return new Response(String(bytes.length + bytes[bytes.length - 1]));
    }
  }`;

function answered(app: Compartment, target: string, body?: Uint8Array): string[] {
  return Array.from({ length: REQUESTS }, () => {
    const options = body === undefined ? {} : { method: "POST", body: [body] };
    const request = app.request(target, options);
    return `${request.status} ${Buffer.concat(request.received).toString()}`;
  });
}

for (const body of [undefined, new Uint8Array(1 << 20).fill(7)]) {
  const what = body === undefined ? "made" : "received";
  test(`megabytes that are ${what} in circles are found before memory ends`, async () => {
    const app = await startApp(CIRCLES, undefined, LITTLE_MEMORY_PAGES);
    assert.deepEqual(new Set(answered(app, "/", body)), new Set(["200 1048583"]));
    assert.equal(app.errors, "");
    // The control: what is kept is not found, and these are more than there is room for.
    const full = answered(app, "/keep", body);
    assert.ok(full.some((answer) => answer.startsWith("500")));
    assert.match(app.errors, /out of memory/);
  });
}

test("a heap that is mostly in use looks for garbage before memory grows", async () => {
  const app = await startApp(
    `const kept = Array.from({ length: 18 }, () => new Uint8Array(1 << 20));${CIRCLES.replace("const kept = [];", "")}`,
    undefined,
    LITTLE_MEMORY_PAGES,
  );
  assert.deepEqual(new Set(answered(app, "/")), new Set(["200 1048583"]));
});

test("blocks of all sizes hold what was written to them, and a heap of the same content takes no more memory", async () => {
  const app = await startApp(`
    // xorshift32: the same sizes each time.
    let state = 1;
    const draw = (limit) => {
      state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
      return (state >>> 0) % limit;
    };
    const SLOTS = 512;
    const slots = new Array(SLOTS).fill(undefined);
    const size = () => draw(8) === 0 ? draw(20000) : draw(300);
    function make(mark) {
      const bytes = new Uint8Array(size()).fill(mark & 0xff);
      const text = String.fromCharCode(65 + mark % 26).repeat(size());
      const list = [];
      for (let left = draw(60); left > 0; left--) list.push(mark);
      const fields = {};
      for (let left = draw(40); left > 0; left--) fields["field" + left] = mark;
      return { mark, bytes, text, list, fields, circle: undefined };
    }
    function check({ mark, bytes, text, list, fields }) {
      const isWhole = bytes.every((byte) => byte === (mark & 0xff)) && list.every((one) => one === mark) &&
        text === String.fromCharCode(65 + mark % 26).repeat(text.length) &&
        Object.values(fields).every((one) => one === mark);
      if (!isWhole) throw new Error("block " + mark + " is damaged");
    }
    let mark = 0;
    export default {
      fetch() {
        for (let turn = 0; turn < 2000; turn++) {
          const at = draw(SLOTS);
          if (slots[at] !== undefined) check(slots[at]);
          const one = make(++mark);
          if (draw(2) === 0) one.circle = one;
          slots[at] = draw(4) === 0 ? undefined : one;
        }
        for (const one of slots) if (one !== undefined) check(one);
        return new Response("whole");
      }
    }`);
  const pages: number[] = [];
  for (let round = 0; round < 12; round++) {
    assert.equal(app.request("/").status, 200, app.errors);
    pages.push(app.memory.buffer.byteLength / 65536);
  }
  assert.equal(pages.at(-1), pages[4], pages.join(" "));
});
