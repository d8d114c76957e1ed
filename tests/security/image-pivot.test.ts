/**
 * Row 35: a machine that was broken into is no way into anything else. An app tries to reach a server of the host, which
 * no grant names, by TCP, UDP and DNS, on every target:
 *
 *   as it is                        the kernel refuses it, and nothing leaves
 *   with a kernel that is told all  the gateway refuses it again
 *   with a kernel that forges       the gateway drops what is not from the guest's own address
 *   granted (the control)           the same app arrives
 */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import net from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startApp, testOnTargets, type Started, type Weakening } from "./whole-machine.ts";

const APP = "tests/apps/native-pivot.ts";
const DENIED = -8;
const LIMIT_MS = 120_000;
/** Of everything, to the app: `net.allow` beside what the launcher says. */
const TOLD_ALL = ["net.allow=*:*"];

/** A server that counts who comes, by TCP and by UDP on one port. */
async function victim() {
  const heard: string[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => {}).on("data", (bytes) => heard.push(`tcp ${bytes}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const datagrams = dgram.createSocket("udp4").on("message", (bytes) => heard.push(`udp ${bytes}`));
  datagrams.bind(port, "127.0.0.1");
  await once(datagrams, "listening");
  const close = () => (server.close(), datagrams.close());
  return { heard, port, close };
}

/** Waits for what the app or the gateway will say. */
async function said({ text }: Started, stream: 1 | 2, ...patterns: readonly RegExp[]): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!patterns.every((pattern) => pattern.test(text[stream]))) {
    assert.ok(Date.now() < end, `${String(patterns)} in: ${text[1]}${text[2]}`);
    await sleep(20);
  }
}

const ARRIVED = ["tcp evil.example", "udp evil.example"];
/** All tries have come to their ends. */
const ENDS = [/^udp/m, /^tcp/m, /^dns/m];

testOnTargets("row 35: without a grant the guest itself refuses, and says so", async (target) => {
  const { heard, port, close } = await victim();
  const started = await startApp(target, APP, { forwards: [], environment: { PORT: String(port) } });
  await said(started, 1, ...ENDS);
  assert.equal(started.text[1], `udp ${DENIED}\ntcp ${DENIED}\ndns ${DENIED}\n`);
  await said(started, 2, /the name evil\.example refused/);
  for (const protocol of ["udp", "tcp"]) {
    const end = `${protocol}:10.0.2.2:${port}`;
    assert.ok(
      started.text[2].includes(`network: outbound ${end} refused: no grant covers it (--allow ${end})\n`),
    );
  }
  assert.ok(!started.text[2].includes("gateway:"), "nothing came as far as the gateway");
  await started.machine.stop();
  assert.deepEqual(heard, []);
  close();
});

testOnTargets("row 35: a kernel that lets everything out is held by the gateway", async (target) => {
  const { heard, port, close } = await victim();
  const options = { forwards: [], environment: { PORT: String(port) }, configuration: TOLD_ALL };
  const started = await startApp(target, APP, options);
  const refused = (protocol: string) =>
    new RegExp(`gateway: outbound ${protocol}:127\\.0\\.0\\.1:${port} refused`);
  await said(started, 2, refused("tcp"), refused("udp"));
  await said(started, 1, /^closed 4$/m, /^answered -7$/m);
  assert.match(started.text[1], /^udp 0$/m);
  await started.machine.stop();
  assert.deepEqual(heard, []);
  close();
});

/** In the place of its own address, what leaves has another's. */
const FORGES: readonly Weakening[] = [
  ["net/ip/output.ts", ["  source = <u32>flow.localLow;", "  source = 0x0a000263;"]],
  ["net/ip/address.ts", ["  return from == address ||", "  return from == 0x0a000263 || from == address ||"]],
];

testOnTargets(
  "row 35: a kernel that forges its address is held by the gateway, grant or no grant",
  async (target) => {
    const { heard, port, close } = await victim();
    const options = { forwards: [], environment: { PORT: String(port) }, outbound: [`127.0.0.1:${port}`] };
    const started = await startApp(target, APP, { ...options, weakenings: FORGES });
    await said(started, 2, /gateway: frame dropped: from 10\.0\.2\.99; the guest is 10\.0\.2\.15/);
    await said(started, 1, ...ENDS);
    assert.match(started.text[1], /^udp 0$/m);
    await started.machine.stop();
    assert.deepEqual(heard, []);
    close();
  },
);

testOnTargets("row 35, control: granted, the same app arrives", async (target) => {
  const { heard, port, close } = await victim();
  const options = { forwards: [], environment: { PORT: String(port) }, outbound: [`127.0.0.1:${port}`] };
  const started = await startApp(target, APP, options);
  await said(started, 1, /^connected$/m, new RegExp(`^dns ${DENIED}$`, "m"));
  const end = Date.now() + LIMIT_MS;
  while (heard.length < ARRIVED.length && Date.now() < end) await sleep(20);
  assert.deepEqual([...heard].sort(), ARRIVED);
  assert.ok(!started.text[2].includes("gateway:"), started.text[2]);
  await started.machine.stop();
  close();
});
