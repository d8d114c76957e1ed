/** An app that goes down, on a whole machine: what its successor and its peers see of it. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Gateway, GATEWAY_ADDRESS, GUEST_ADDRESS, GUEST_HARDWARE_ADDRESS } from "../../gateway/gateway.ts";
import { buildImage, type Image } from "../../image/image.ts";
import { createCable } from "../../link/cable.ts";
import { HostedMachine } from "./machine.ts";

const HTTP_PORT = 80;
const ECHO_PORT = 7;
/** Until the alarm that `/alarm` sets; `ALARM_OVER_MS` is well behind it. */
const ALARM_MS = 150;
const ALARM_OVER_MS = 400;

/** What a request does stands in the first letter of its path. */
const APP = `
import { begin, listen, respond, target, write } from "skerry/native/http";
import { alarm as setAlarm, monotonic } from "skerry/native/clock";
import { log } from "skerry/native/console";
import { resolve } from "skerry/native/dns";
import { bind } from "skerry/native/udp";
import * as tcp from "skerry/native/tcp";

const name = memory.data(64);
const literal = "192.0.2.1";
let count: i32 = 0;

export function start(): void {
  assert(listen(${HTTP_PORT}) == 0, "the HTTP port is free");
  assert(listen(${HTTP_PORT}) != 0, "but only once");
  assert(listen(81) == 0, "the second HTTP port is free");
  assert(tcp.listen(${ECHO_PORT}) >= 0, "the TCP port is free");
  assert(bind(5000) >= 0, "the UDP port is free");
  log("start");
}

export function networkUp(): void { log("up"); }
export function alarm(): void { log("alarm"); }
export function dnsAnswered(): void { log("answered"); }
export function tcpAccepted(listener: i32, connection: i32): void { log("accepted"); }
export function tcpReadable(connection: i32): void {
  const length = tcp.read(connection, name, 64);
  if (load<u8>(name) == 0x74) unreachable(); // t
  tcp.write(connection, name, length);
}
export function tcpClosed(connection: i32): void { log("closed"); }

export function httpClosed(request: i32): void { log("lost"); }
export function httpRequest(request: i32): void {
  target(request, name, 64);
  const letter = load<u8>(name, 1);
  if (letter == 0x61) setAlarm(monotonic() + ${ALARM_MS} * 1000000); // a
  if (letter == 0x64) resolveLiteral(); // d
  if (letter == 0x68) return; // h: holds it
  if (letter == 0x70) { // p: answers in part
    begin(request, 200, 0, 0, 10);
    write(request, name, 3);
    return;
  }
  if (letter == 0x74 || letter == 0x64) unreachable(); // t, d
  store<u8>(name, 0x30 + <u8>(++count));
  respond(request, 200, 0, 0, name, 1);
}

function resolveLiteral(): void {
  for (let at = 0; at < literal.length; at++) store<u8>(name + at, <u8>literal.charCodeAt(at));
  assert(resolve(name, literal.length) >= 0);
}
`;

let image: Promise<Image> | undefined;

/** Built once: machines share nothing but its bytes. */
function appImage(): Promise<Image> {
  image ??= (async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-restart-"));
    try {
      writeFileSync(path.join(folder, "main.ts"), APP);
      return await buildImage(path.join(folder, "main.ts"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  })();
  return image;
}

class Running {
  output = "";
  errors = "";
  http = "";
  echoPort = 0;
  /** The machine's end. */
  readonly ended: Promise<number>;
  readonly #machine: HostedMachine;
  readonly #gateway: Gateway;

  private constructor(image: Image, configuration: string) {
    const [guest, host] = createCable();
    const forward = (guestPort: number) =>
      ({ hostAddress: "127.0.0.1", hostPort: 0, guestPort, protocol: "tcp" }) as const;
    this.#gateway = new Gateway({ device: host, forwards: [forward(HTTP_PORT), forward(ECHO_PORT)] });
    let end: (status: number) => void = () => {};
    this.ended = new Promise((resolve) => (end = resolve));
    this.#machine = new HostedMachine(image, {
      configuration: `net.address=${GUEST_ADDRESS}/24\nnet.gateway=${GATEWAY_ADDRESS}\nnet.dns=${GATEWAY_ADDRESS}\n${configuration}`,
      hardwareAddress: GUEST_HARDWARE_ADDRESS,
      device: guest,
      console: (stream, bytes) => {
        const text = Buffer.from(bytes).toString();
        if (stream === 1) this.output += text;
        else this.errors += text;
      },
      ended: (status) => end(status),
    });
  }

  static async start(context: TestContext, configuration = ""): Promise<Running> {
    const running = new Running(await appImage(), configuration);
    const [http, echo] = await running.#gateway.start();
    running.http = `http://127.0.0.1:${http!.hostPort}`;
    running.echoPort = echo!.hostPort;
    running.#machine.start();
    context.after(() => {
      running.#machine.stop();
      running.#gateway.stop();
    });
    return running;
  }

  async get(target: string): Promise<string> {
    const response = await fetch(this.http + target, { headers: { connection: "close" } });
    return `${response.status} ${await response.text()}`;
  }

  /** Lives that began. */
  get starts(): number {
    return this.output.split("start\n").length - 1;
  }

  /** What was logged since the last start, without the news of the network. */
  get sinceStart(): string {
    return this.output.slice(this.output.lastIndexOf("start\n") + 6).replace("up\n", "");
  }
}

test("a request that traps the app is answered 500, and the next life serves, with fresh state", async (t) => {
  const running = await Running.start(t);
  assert.equal(await running.get("/"), "200 1");
  assert.equal(await running.get("/"), "200 2");
  assert.equal(await running.get("/trap"), "500 ");
  assert.equal(await running.get("/"), "200 1");
  assert.match(running.errors, /^the app trapped: unreachable\n/);
  assert.match(running.errors, /\nthe app is started again, restart 1 of at most 8 in 60 s\n$/);
  assert.equal(running.output, "start\nup\nstart\nup\n");
});

test("all open requests get 500, one whose answer had begun is cut off, and none is told of it", async (t) => {
  const running = await Running.start(t);
  const held = [running.get("/hold"), running.get("/hold")];
  const begun = await fetch(`${running.http}/part`);
  assert.equal(begun.status, 200);
  assert.equal(await running.get("/trap"), "500 ");
  assert.deepEqual(await Promise.all(held), ["500 ", "500 "]);
  await assert.rejects(begun.text());
  assert.equal(await running.get("/"), "200 1");
  assert.equal(running.sinceStart, "");
});

test("requests behind the one that trapped wait for the next life", async (t) => {
  const running = await Running.start(t);
  // Fewer lives than may begin in a minute, and many requests that meet each of them.
  for (let round = 0; round < 4; round++) {
    const answers = await Promise.all(
      ["/trap", ...Array.from({ length: 30 }, () => "/")].map((target) => running.get(target)),
    );
    assert.equal(answers[0], "500 ");
    assert.deepEqual(
      answers.slice(1).filter((answer) => !answer.startsWith("200 ")),
      [],
    );
  }
  assert.equal(running.starts, 5);
});

test("an alarm of the dead app never fires; control: that of a living one does", async (t) => {
  const running = await Running.start(t);
  await running.get("/alarm");
  while (!running.output.includes("alarm")) await sleep(10);
  await running.get("/alarm");
  assert.equal(await running.get("/trap"), "500 ");
  await sleep(ALARM_OVER_MS);
  assert.equal(running.sinceStart, "");
});

test("an answer to the dead app's DNS query is told to nobody", async (t) => {
  const running = await Running.start(t);
  assert.equal(await running.get("/dns"), "500 ");
  assert.equal(await running.get("/"), "200 1");
  assert.doesNotMatch(running.output, /answered/);
});

test("streams of the dead app are reset, its ports are the next one's, which hears of nothing", async (t) => {
  const running = await Running.start(t);
  const old = net.connect(running.echoPort, "127.0.0.1");
  old.write("hello");
  const [echoed] = (await once(old, "data")) as [Buffer];
  assert.equal(echoed.toString(), "hello");
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => old.once("error", resolve));
  old.write("trap");
  assert.equal((await failed).code, "ECONNRESET");
  const next = net.connect(running.echoPort, "127.0.0.1");
  next.write("again");
  const [answer] = (await once(next, "data")) as [Buffer];
  assert.equal(answer.toString(), "again");
  assert.equal(running.sinceStart, "accepted\n");
  next.destroy();
});

test("an app that goes down too often ends the machine", async (t) => {
  const running = await Running.start(t, "app.restarts=2\n");
  assert.equal(await running.get("/trap"), "500 ");
  assert.equal(await running.get("/trap"), "500 ");
  const last = running.get("/trap").catch(() => "nothing");
  assert.equal(await running.ended, 134);
  assert.match(running.errors, /\nthe app went down again after 2 restarts in 60 s: the machine ends\n$/);
  assert.equal(running.starts, 3);
  void last;
});
