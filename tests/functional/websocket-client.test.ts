/** `new WebSocket(url)`: what an app sees and its server hears, on every target. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import type { IsolationOption } from "../../src/image/isolation.ts";
import type { Target } from "../../src/targets/target.ts";
import { ROOT } from "./skerry.ts";
import { startSocketServer, type SocketServer } from "./websocket-server.ts";

const REFUSED = ["network: outbound tcp:10.0.2.2:9 refused: no grant covers it (--allow tcp:10.0.2.2:9)\n"];

type Talk = (wish: Record<string, unknown>) => Promise<string[]>;

const CONNECTING = ["0 blob |", "send InvalidStateError"];

interface Setting {
  readonly isolation?: IsolationOption;
  readonly grants?: readonly string[];
  /** What the machine says on its error console. */
  readonly errors?: readonly string[];
}

async function withTalk(
  target: Target,
  run: (talk: Talk, server: SocketServer) => Promise<void>,
  { isolation = "shared", grants = [], errors: expected = [] }: Setting = {},
): Promise<void> {
  const server = await startSocketServer();
  const image = await buildImage(path.join(ROOT, "tests/apps/socket-client.ts"), { isolation });
  const { platform } = target;
  const native = platform === undefined ? {} : { native: await buildNativeImage(image, platform) };
  const errors: string[] = [];
  const machine = await target.start(
    { ...image, ...native },
    {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: {},
      outbound: [server.grant, ...grants],
      onConsole: (stream, text) => void (stream === 2 && errors.push(text)),
    },
  );
  const talk: Talk = async (wish) => {
    const url = String(wish["url"]);
    const body = JSON.stringify({ ...wish, url: url.startsWith("/") ? `${server.url}${url}` : url });
    const answer = await fetch(`http://127.0.0.1:${machine.forwards[0]!.hostPort}`, { method: "POST", body });
    return (await answer.json()) as string[];
  };
  try {
    await run(talk, server);
  } finally {
    await machine.stop();
    await server.close();
  }
  assert.deepEqual(errors, expected);
}

async function talksWell(talk: Talk, { heard }: SocketServer): Promise<void> {
  assert.deepEqual(
    await talk({ url: "/echo?a=b", send: ["one", "h\u00e9"], count: 2, close: [3001, "enough"] }),
    [...CONNECTING, "open 1 ", "text one", "text h\u00e9", "close 3001 enough true 3"],
  );
  const { headers, frames } = heard.at(-1)!;
  assert.deepEqual(frames, ["1:one", "1:h\xc3\xa9", "8:\x0b\xb9enough"]);
  assert.equal(headers["sec-websocket-version"], "13");
  assert.equal(headers["sec-websocket-extensions"], undefined);
  assert.deepEqual(await talk({ url: "/echo", protocols: ["chat", "news"], close: [] }), [
    ...CONNECTING,
    "open 1 news",
    "close 1005  true 3",
  ]);
  assert.notEqual(heard.at(-1)!.headers["sec-websocket-key"], headers["sec-websocket-key"]);
  // Of more than one frame, and more than the stream takes at once.
  assert.deepEqual(await talk({ url: "/echo", bytes: 900_000, count: 1, binaryType: "arraybuffer" }), [
    ...CONNECTING,
    "open 1 ",
    "buffered true",
    "bytes 900000",
    "close 1005  true 3",
  ]);
  assert.deepEqual(await talk({ url: "/greets", count: 1 }), [
    ...CONNECTING,
    "open 1 ",
    "text hello",
    "close 1005  true 3",
  ]);
  assert.equal(heard.at(-1)!.frames[0], "10:there?");
  assert.deepEqual(await talk({ url: "/bye" }), [...CONNECTING, "open 1 ", "close 4001 good bye true 3"]);
  assert.deepEqual(await talk({ url: "/large" }), [
    ...CONNECTING,
    "open 1 ",
    "blob 140000",
    "close 1000  true 3",
  ]);
}

for (const [name, target, skip] of [
  ["node", nodeTarget, false],
  ["process", processTarget, canRunProcesses() ? false : "needs Linux on x86-64"],
  ["qemu", qemuTarget, findQemu() === undefined ? "needs QEMU" : false],
] as const) {
  test(`${name}: an app talks to a WebSocket server`, { skip }, () => withTalk(target, talksWell));
}

test("what is no WebSocket fails with an error and 1006, and says why", () =>
  withTalk(
    nodeTarget,
    async (talk, server) => {
      const failure = async (url: string, more: Record<string, unknown> = {}): Promise<string> => {
        const log = await talk({ url, ...more });
        assert.deepEqual([...log.slice(0, 2), ...log.slice(3)], [...CONNECTING, "close 1006  false 3"], url);
        return log[2]!.replace(/^error WebSocket to \S+ /, "");
      };
      const place = server.url.slice("ws://".length);
      const broken = `${place}: the response is not HTTP/1.1 as it should be`;
      for (const path of ["/no-upgrade", "/no-connection", "/wrong-key", "/extension"])
        assert.equal(await failure(path), broken, path);
      assert.equal(await failure("/refused"), "the server answered 403 Forbidden, and no WebSocket");
      assert.equal(await failure("/cut"), `${place}: the connection ended before the response`);
      assert.equal(
        await failure("/no-protocol", { protocols: "a" }),
        "the server speaks none of the protocols a",
      );
      assert.equal(
        await failure("/other-protocol"),
        'the server speaks "unheard", which it was not asked for',
      );
      assert.equal(await failure("/silent", { early: true }), "it was closed before it was open");
      assert.equal(
        await failure("wss://localhost/"),
        "wss is not there yet: an image has no TLS; use ws inside your network",
      );
      assert.equal(
        await failure("ws://10.0.2.2:9/"),
        "10.0.2.2:9 is not allowed; allow it with --allow 10.0.2.2:9",
      );
    },
    { errors: REFUSED },
  ));

test("a server that breaks the framing is told so, and the app hears of it", () =>
  withTalk(nodeTarget, async (talk, { heard }) => {
    const broken: readonly (readonly [url: string, code: number])[] = [
      ["/masks", 1002],
      ["/garbage", 1002],
      ["/not-utf8", 1007],
      ["/huge", 1009],
    ];
    for (const [url, code] of broken) {
      const log = await talk({ url });
      assert.deepEqual(log.slice(3), [
        `error The peer broke the protocol and was told ${code}`,
        "close 1006  false 3",
      ]);
      const told = String.fromCharCode(code >> 8, code & 255);
      while (heard.at(-1)!.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(heard.at(-1)!.frames, [`8:${told}`], url);
    }
    assert.deepEqual(await talk({ url: "/drops" }), [...CONNECTING, "open 1 ", "close 1006  false 3"]);
  }));

test("what can be no WebSocket's throws", () =>
  withTalk(nodeTarget, async (talk) => {
    const thrown: readonly (readonly [string, unknown, RegExp])[] = [
      ["nothing", [], /^throws SyntaxError "nothing" is no URL/],
      ["ftp://a/", [], /^throws SyntaxError A WebSocket's scheme is ws, not "ftp"/],
      ["ws://a/#b", [], /^throws SyntaxError .* fragment/],
      ["ws://a/#", [], /^throws SyntaxError .* fragment/],
      ["ws://a/", ["b", "b"], /^throws SyntaxError "b" is no protocol's name, or is there twice/],
      ["ws://a/", "b c", /^throws SyntaxError "b c" is no protocol's name/],
    ];
    for (const [url, protocols, message] of thrown) {
      const [line, ...more] = await talk({ url, protocols });
      assert.match(line!, message);
      assert.deepEqual(more, []);
    }
    for (const [close, name] of [
      [[1001], "InvalidAccessError"],
      [[2999], "InvalidAccessError"],
      [[1000, "x".repeat(124)], "SyntaxError"],
    ] as const) {
      const log = await talk({ url: "/echo", close });
      assert.deepEqual(log, [...CONNECTING, "open 1 ", `close ${name}`, "close 1005  true 3"]);
    }
  }));

test("client and server of ours understand each other", async () => {
  const image = await buildImage(path.join(ROOT, "tests/apps/sockets.ts"));
  const machine = await nodeTarget.start(image, {
    forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
    environment: {},
    outbound: [],
    onConsole: () => undefined,
  });
  const port = machine.forwards[0]!.hostPort;
  const talksToOurs = async (talk: Talk): Promise<void> => {
    const url = `ws://10.0.2.2:${port}`;
    const echo = { url: `${url}/echo`, protocols: "chat", send: ["one"], bytes: 300_000, count: 2 };
    assert.deepEqual(await talk({ ...echo, close: [1000, "done"] }), [
      ...CONNECTING,
      "open 1 chat",
      "buffered true",
      "text one",
      "blob 300000",
      "close 1000  true 3",
    ]);
    assert.deepEqual(await talk({ url: `${url}/large`, protocols: "chat" }), [
      ...CONNECTING,
      "open 1 chat",
      `text ${"x".repeat(300_000)}`,
      "close 4001 that was all true 3",
    ]);
  };
  try {
    await withTalk(nodeTarget, talksToOurs, { grants: [`127.0.0.1:${port}`] });
  } finally {
    await machine.stop();
  }
});

const ENDED = "8:\x03\xf4"; // 1012

test("a compartment's WebSockets are counted, and end with it", async () => {
  const left = async (_: Talk, { heard }: SocketServer): Promise<void> => {
    while (heard.some(({ ended }) => !ended)) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(
      heard.flatMap(({ frames }) => frames),
      [ENDED, ENDED],
    );
  };
  const isolation = { by: "request", outbound: 2 } as const;
  await withTalk(
    nodeTarget,
    async (talk, server) => {
      const told = await talk({ url: "/echo", many: 3 });
      assert.deepEqual(told.sort(), ["open", "open", "too many requests are under way"]);
      await left(talk, server);
    },
    { isolation },
  );
  await withTalk(nodeTarget, async (talk, { heard }) => {
    assert.deepEqual(await talk({ url: "/echo", many: 3 }), ["open", "open", "open"]);
    assert.deepEqual(await talk({ url: "/echo", close: [] }), [
      ...CONNECTING,
      "open 1 ",
      "close 1005  true 3",
    ]);
    assert.deepEqual(
      heard.slice(0, 3).map(({ ended }) => ended),
      [false, false, false],
      "in one they stay",
    );
  });
});
