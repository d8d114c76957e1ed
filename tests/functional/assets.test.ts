/** Files of an image, on every target: what curl would see, large ones, and those that a handler asks for. */
import test from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage, type Image } from "../../src/image/image.ts";
import type { Machine, MachineStatus, Target } from "../../src/targets/target.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import { ROOT, Skerry, skerry } from "./skerry.ts";

const TARGETS: readonly Target[] = [nodeTarget, processTarget, qemuTarget];
const needsQemu = findQemu() === undefined ? "needs qemu-system-x86_64" : false;
const onEach = (what: string, run: (target: Target) => Promise<void>): void => {
  for (const target of TARGETS) {
    const skip = target.name === "qemu" && needsQemu;
    test(`${what}: ${target.name}`, { skip }, () => run(target));
  }
};

interface Answer {
  readonly status: number;
  readonly fields: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As it comes: nothing is decoded, no dots are resolved. */
async function ask(
  url: string,
  target: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const request = http.request({ hostname, port, path: target, method, headers, agent: false });
  request.end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode!, fields: response.headers, body: Buffer.concat(pieces) };
}

function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "skerry-site-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

async function imageOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Image> {
  const root = folder(files);
  try {
    return await buildImage(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function running(
  image: Image,
  target: Target,
  use: (url: string, machine: Machine<MachineStatus>) => Promise<void>,
): Promise<void> {
  const { platform } = target;
  const native = platform === undefined ? {} : { native: await buildNativeImage(image, platform) };
  const complaints: string[] = [];
  const machine = await target.start(
    { ...image, ...native },
    {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: {},
      outbound: [],
      onConsole: (_stream, text) => void complaints.push(text),
    },
  );
  try {
    await use(`http://127.0.0.1:${machine.forwards[0]!.hostPort}`, machine);
  } finally {
    await machine.stop();
  }
  assert.deepEqual(complaints, []);
}

const PAGE = `<!doctype html><title>page</title>${"<p>the same line again</p>\n".repeat(300)}`;
const SMALL = {
  "index.html": "home",
  "page.html": PAGE,
  "404.html": "nothing here",
  "a/x.txt": "0123456789",
};

let small: Promise<Image> | undefined;

test("an image of files alone has no engine, and is a kernel of 200 KB beside them", async () => {
  const image = await (small ??= imageOf(SMALL));
  assert.deepEqual(
    image.manifest.modules.map(({ role }) => role),
    ["kernel", "app"],
  );
  assert.equal(image.engine, undefined);
  const { facts } = { facts: image.manifest.assets! };
  assert.equal(facts.files, 4);
  for (const platform of ["bare", "process"] as const) {
    const { elf } = await buildNativeImage(image, platform);
    assert.ok(elf.length - facts.sizeBytes < 200_000, `${platform}: ${elf.length} bytes`);
  }
});

onEach("files are answered as RFC 9110 says", async (target) => {
  await running(await (small ??= imageOf(SMALL)), target, async (url) => {
    const page = await ask(url, "/page");
    assert.equal(page.body.toString(), PAGE);
    assert.equal(page.fields["content-type"], "text/html; charset=utf-8");
    const [br, gzip] = [
      await ask(url, "/page", { "accept-encoding": "br" }),
      await ask(url, "/page", { "accept-encoding": "gzip" }),
    ];
    assert.equal(brotliDecompressSync(br.body).toString(), PAGE);
    assert.equal(gunzipSync(gzip.body).toString(), PAGE);
    assert.equal(new Set([page, br, gzip].map(({ fields }) => fields.etag)).size, 3);
    const unchanged = await ask(url, "/page", { "if-none-match": page.fields.etag! });
    assert.deepEqual([unchanged.status, unchanged.body.length], [304, 0]);
    assert.equal(unchanged.fields["content-length"], undefined);
    const part = await ask(url, "/a/x.txt", { range: "bytes=2-4" });
    assert.deepEqual(
      [part.status, part.body.toString(), part.fields["content-range"]],
      [206, "234", "bytes 2-4/10"],
    );
    assert.equal((await ask(url, "/a/x.txt", { range: "bytes=10-" })).status, 416);
    const head = await ask(url, "/page", {}, "HEAD");
    assert.deepEqual([head.fields["content-length"], head.body.length], [String(PAGE.length), 0]);
    assert.equal((await ask(url, "/page.html?a=1")).fields.location, "/page?a=1");
    assert.equal((await ask(url, "/page", {}, "DELETE")).fields.allow, "GET, HEAD");
    const missing = await ask(url, "/no/such/page");
    assert.deepEqual([missing.status, missing.body.toString()], [404, "nothing here"]);
    for (const escape of [
      "/../../etc/passwd",
      "/a/../../x",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/a/x.txt%00.html",
    ]) {
      assert.equal((await ask(url, escape)).status, 400, escape);
    }
    for (const escape of ["/..%2f..%2fetc/passwd", "/....//etc/passwd", "/a%2fx.txt"]) {
      assert.equal((await ask(url, escape)).status, 404, escape);
    }
  });
});

onEach("many requests on one connection, each whole", async (target) => {
  await running(await (small ??= imageOf(SMALL)), target, async (url) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    const { hostname, port } = new URL(url);
    const one = (target: string): Promise<number> =>
      new Promise((resolve, reject) => {
        http
          .get({ hostname, port, path: target, agent }, (response) => {
            let size = 0;
            response.on("data", (piece: Buffer) => (size += piece.length));
            response.on("end", () => resolve(size));
          })
          .on("error", reject);
      });
    const sizes = await Promise.all(
      Array.from({ length: 200 }, (_, at) => one(at % 2 === 0 ? "/page" : "/a/x.txt")),
    );
    assert.deepEqual(
      sizes,
      sizes.map((_, at) => (at % 2 === 0 ? PAGE.length : 10)),
    );
    agent.destroy();
  });
});

const LARGE_BYTES = 50_000_000;
let large: { readonly image: Promise<Image>; readonly bytes: Buffer } | undefined;

onEach(
  "a file of 50 MB comes whole and in parts, to several at a time, and takes no memory",
  async (target) => {
    if (large === undefined) {
      const bytes = randomBytes(LARGE_BYTES);
      large = { bytes, image: imageOf({ "large.bin.zip": bytes }) };
    }
    const { bytes, image } = large;
    const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
    await running(await image, target, async (url, machine) => {
      // These take nothing: what is to leave waits for them in the image.
      const waiting = Array.from({ length: 20 }, () => {
        const { hostname, port } = new URL(url);
        return http.get({ hostname, port, path: "/large.bin.zip", agent: false }, (response) =>
          response.pause(),
        );
      });
      await Promise.all(waiting.map((request) => once(request, "response")));
      const whole = await ask(url, "/large.bin.zip");
      assert.equal(sha256(whole.body), sha256(bytes));
      const part = await ask(url, "/large.bin.zip", { range: "bytes=30000000-" });
      assert.equal(part.status, 206);
      assert.equal(sha256(part.body), sha256(bytes.subarray(30_000_000)));
      const status = await machine.status();
      // Beside the file: what the connections hold, of 512 KiB each at most.
      if ("kernelTouchedBytes" in status)
        assert.ok(status.kernelTouchedBytes < 24_000_000, JSON.stringify(status));
      else if (target.name === "process") {
        assert.ok(status.residentBytes < LARGE_BYTES + 24_000_000, JSON.stringify(status));
      }
      for (const request of waiting) request.on("error", () => {}).destroy();
    });
  },
);

const HANDLER = `
export default {
  async fetch(request, { ASSETS, NAME }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/kind") return new Response(typeof ASSETS.fetch);
    if (pathname === "/shout") return new Response((await (await ASSETS.fetch("/page")).text()).toUpperCase());
    const response = await ASSETS.fetch(request);
    return new Response(response.body, { status: response.status, headers: [...response.headers, ["x-by", "app"]] });
  },
};
`;

const handled = new Map<boolean, Promise<Image>>();

/** Built once for all targets. */
function withHandler(handlerFirst: boolean): Promise<Image> {
  const image = handled.get(handlerFirst) ?? buildHandled(handlerFirst);
  handled.set(handlerFirst, image);
  return image;
}

async function buildHandled(handlerFirst: boolean): Promise<Image> {
  const root = folder({
    ...Object.fromEntries(Object.entries(SMALL).map(([name, text]) => [`public/${name}`, text])),
    "server.js": HANDLER,
    "public/large.png": randomBytes(300_000),
  });
  try {
    return await buildImage(path.join(root, "server.js"), {
      assets: { directory: path.join(root, "public"), handlerFirst },
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

onEach("a handler gets what no file answers, and asks for files", async (target) => {
  await running(await withHandler(false), target, async (url) => {
    const by = async (path: string, headers = {}) => (await ask(url, path, headers)).fields["x-by"];
    assert.equal(await by("/page"), undefined);
    assert.equal(await by("/page.html"), undefined);
    assert.equal(await by("/nowhere"), "app");
    assert.equal((await ask(url, "/kind")).body.toString(), "function");
    assert.equal((await ask(url, "/shout")).body.toString(), PAGE.toUpperCase());
    const missing = await ask(url, "/nowhere");
    assert.deepEqual([missing.status, missing.body.toString()], [404, "nothing here"]);
  });
});

onEach("with the handler first, every answer is its own", async (target) => {
  await running(await withHandler(true), target, async (url) => {
    const page = await ask(url, "/page", { "accept-encoding": "br" });
    assert.deepEqual([page.fields["x-by"], page.fields["content-encoding"]], ["app", "br"]);
    assert.equal(brotliDecompressSync(page.body).toString(), PAGE);
    assert.equal(
      (await ask(url, "/page", { "if-none-match": (await ask(url, "/page")).fields.etag! })).status,
      304,
    );
    const part = await ask(url, "/large.png", { range: "bytes=100000-299998" });
    assert.deepEqual([part.status, part.body.length], [206, 199_999]);
    const large = await ask(url, "/large.png");
    assert.deepEqual([large.fields["content-length"], large.body.length], ["300000", 300_000]);
    const head = await ask(url, "/page", {}, "HEAD");
    assert.deepEqual([head.status, head.fields["content-length"]], [200, String(PAGE.length)]);
    assert.equal((await ask(url, "/page", {}, "POST")).status, 405);
    assert.equal((await ask(url, "/page.html")).fields.location, "/page");
  });
});

test("without a folder there is no env.ASSETS", async () => {
  const root = folder({
    "server.js": "export default { fetch: (_, env) => Response.json(Object.keys(env)) };",
  });
  try {
    await running(await buildImage(path.join(root, "server.js")), nodeTarget, async (url) => {
      assert.equal((await ask(url, "/")).body.toString(), "[]");
    });
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("dev serves a changed file, a new one, and not one that went away", async () => {
  const root = folder({ "index.html": "one", "sub/a.txt": "a" });
  const server = new Skerry(["dev", root, "-p", "0:80"]);
  try {
    await server.listening();
    await server.printed(/started in/);
    const says = async (target: string, status: number, text?: string): Promise<void> => {
      for (;;) {
        // One that is asked while machines change places may get no answer.
        const found = await ask(server.url, target).catch(() => undefined);
        if (found?.status === status && (text === undefined || found.body.toString() === text)) return;
        assert.equal(server.child.exitCode, null);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await says("/", 200, "one");
    writeFileSync(path.join(root, "index.html"), "two");
    await says("/", 200, "two");
    writeFileSync(path.join(root, "sub/new.txt"), "new");
    await says("/sub/new.txt", 200, "new");
    rmSync(path.join(root, "sub/a.txt"));
    await says("/sub/a.txt", 404);
  } finally {
    await server.stop();
    rmSync(root, { recursive: true });
  }
});

test("a folder without a page is no entry, and a wrong one is told", async () => {
  const empty = folder({ "notes.txt": "x" });
  const wrong = folder({ "skerry.config.ts": 'export default { assets: { directory: "x", html: 1 } };' });
  const missing = folder({ "skerry.config.ts": 'export default { assets: "public" };' });
  try {
    const cases = [
      [empty, /holds no skerry\.config\.ts and no index\.html/],
      [
        wrong,
        /assets\.html: there is no such field; did you mean htmlHandling\?|assets\.html: there is no such field/,
      ],
      [missing, /there is no folder .*public to serve files from/],
    ] as const;
    const endings = cases.map(([entry]) => skerry("run", entry, "--target", "node"));
    for (const [index, { status, errors }] of (await Promise.all(endings)).entries()) {
      assert.equal(status, 2);
      assert.match(errors, cases[index]![1]);
    }
  } finally {
    for (const root of [empty, wrong, missing]) rmSync(root, { recursive: true });
  }
});

test("the template is a site", async () => {
  const root = path.join(mkdtempSync(path.join(os.tmpdir(), "skerry-init-")), "site");
  try {
    assert.equal((await skerry("init", root, "--template", "static")).status, 0);
    const server = await new Skerry(["run", root, "-p", "0:80", "--target", "node"], ROOT).listening();
    try {
      assert.match((await ask(server.url, "/")).body.toString(), /<h1>/);
      assert.equal((await ask(server.url, "/nowhere")).status, 404);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(path.dirname(root), { recursive: true });
  }
});
