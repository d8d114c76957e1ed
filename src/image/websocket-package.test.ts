/** What an app does with the package `ws`, by the texts of its files, and where our own stands in its place. */
import test from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleApp, type Bundle } from "./bundle.ts";
import { useOf } from "./websocket-package.ts";

const SERVES = { serves: true, asks: false };
const ASKS = { serves: false, asks: true };
const BOTH = { serves: true, asks: true };
const NEITHER = { serves: false, asks: false };

const TEXTS: readonly (readonly [text: string, use: object])[] = [
  [`import { WebSocketServer } from "ws"; new WebSocketServer({ port: 1 });`, SERVES],
  [`import { WebSocketServer as S } from 'ws'; new S({ port: 1 });`, SERVES],
  [`import { Server } from "ws"; new Server({ port: 1 });`, SERVES],
  [
    `import WebSocket, { WebSocketServer } from "ws"; if (a.readyState === WebSocket.OPEN) new WebSocketServer(b);`,
    SERVES,
  ],
  [
    `import WebSocket from "ws"; const wss: WebSocket.Server = new WebSocket.Server(a); if (b instanceof WebSocket) c();`,
    SERVES,
  ],
  [
    `import WebSocket, { WebSocketServer } from "ws"; const all = new Set<WebSocket>(); console.log("WebSocket Server");`,
    SERVES,
  ],
  [`import type WebSocket from "ws"; import { WebSocketServer } from "ws"; let a: WebSocket;`, SERVES],
  [`import { type WebSocket, WebSocketServer } from "ws"; let a: WebSocket; new WebSocketServer(b);`, SERVES],
  [`const WebSocket = require("ws"); const wss = new WebSocket.Server({ port: 8080 });`, SERVES],
  [`const { WebSocketServer } = require('ws')`, SERVES],
  [`const ws_1 = require("ws"); exports.a = ws_1.Server;`, SERVES],
  [
    `const WebSocket = __importStar(require("ws")); const a = typeof WebSocket?.Sender?.frame === "function";`,
    NEITHER,
  ],
  [
    `const WebSocket = require("ws"); const a = WebSocket === null || WebSocket === void 0 ? 0 : WebSocket.Sender;`,
    NEITHER,
  ],
  [`import WebSocket from "ws"; new WebSocket("ws://a"); // another Server`, ASKS],
  [`import * as ws from "ws"; new ws.WebSocket("ws://a");`, ASKS],
  [`import * as ws from "ws"; new ws.WebSocketServer({ port: 1 });`, SERVES],
  [`import { WebSocket as Socket } from "ws"; new Socket(a);`, ASKS],
  [`import { WebSocket as Socket } from "ws"; const WebSocket = 1; console.log(WebSocket);`, NEITHER],
  [`import Socket from "ws"; export class Ours extends Socket {}`, ASKS],
  [`import WebSocket from "ws"; createClient({ webSocketImpl: WebSocket });`, ASKS],
  [`const WebSocket = require("ws"); module.exports = (url) => new WebSocket(url);`, ASKS],
  [`var _ws = require("ws"); var _ws2 = _interopRequireDefault(_ws); new _ws2.default.Server(a);`, SERVES],
  [`var _ws = require("ws"); var _ws2 = other(_ws); new _ws2.default.Server(a);`, BOTH],
  [`const WebSocket = require("ws"); new WebSocket(null, undefined, a); new WebSocket.Server(b);`, SERVES],
  [`export * from "ws";`, BOTH],
  [`const make = () => require("ws").WebSocket;`, BOTH],
];

test("what a file does with the package is read from its text", async () => {
  for (const [text, use] of TEXTS) assert.deepEqual(await useOf(text), use, text);
});

/** The bundle of an app with a package `ws` that has nothing but what tells whether it was taken. */
async function bundleOf(files: Readonly<Record<string, string>>): Promise<Bundle> {
  const folder = await mkdtemp(path.join(tmpdir(), "skerry-ws-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    return await bundleApp(path.join(folder, "app.ts"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const INSTALLED = {
  "node_modules/ws/browser.js": `module.exports = () => { throw new Error("for browsers"); };`,
  "node_modules/ws/index.js": `module.exports = require("node:net");`,
  "node_modules/ws/package.json": JSON.stringify({
    name: "ws",
    version: "8.0.0",
    exports: { ".": { browser: "./browser.js", default: "./index.js" } },
  }),
};

test("the package's place is taken, and what the image needs follows from its use", async () => {
  const server = await bundleOf({
    ...INSTALLED,
    "app.ts": `import { WebSocketServer } from "ws"; new WebSocketServer({ port: 80 });`,
  });
  assert.deepEqual(server.services, ["http", "websocket"]);
  assert.ok(server.script.includes("One and only one of the"));
  assert.ok(!server.script.includes("for browsers"));
  assert.ok(!server.packages.some(({ name }) => name === "ws"), "none of its code is in the image");
  const client = await bundleOf({
    ...INSTALLED,
    "app.ts": `import talk from "./talk.ts"; talk();`,
    "talk.ts": `const WebSocket = require("ws"); export default () => new WebSocket("ws://a/");`,
  });
  assert.deepEqual(client.services, ["fetch", "websocket", "upgrade"]);
});

test("an app whose package of that name is another keeps it, and one without it is told", async () => {
  const own = await bundleOf({
    "app.ts": `import ws from "ws"; console.log(ws);`,
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { ws: ["./own.ts"] } } }),
    "own.ts": `export default "our own thing";`,
  });
  assert.ok(own.script.includes("our own thing"));
  await assert.rejects(bundleOf({ "app.ts": `import ws from "ws"; console.log(ws);` }), /"ws"/);
});
