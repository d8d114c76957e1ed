/**
 * Tenants and requests that are kept apart, tried by a hostile one, on every target: nothing of one is found by another,
 * also where it takes its place, and what one does to itself the others do not notice. Each with the same in one shared
 * compartment, where the attack succeeds.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import type { IsolationOption } from "../../src/image/isolation.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import type { Launchable, MachineOptions, Target } from "../../src/targets/target.ts";

const APP = path.resolve(import.meta.dirname, "../apps/hostile-tenant.ts");
const TENANT = { by: "tenant", key: { header: "x-tenant" }, memoryMiB: 2, cpuMs: 500 } as const;

interface Tested {
  readonly target: Target;
  readonly more: Partial<MachineOptions>;
}

const TESTED: readonly Tested[] = [
  { target: nodeTarget, more: {} },
  ...(canRunProcesses() ? [{ target: processTarget, more: {} }] : []),
  // Emulated: under a hypervisor within another each page fault takes a millisecond.
  ...(findQemu() === undefined ? [] : [{ target: qemuTarget, more: { accelerator: "tcg" as const } }]),
];

const images = new Map<string, Promise<Launchable>>();

function imageFor(target: Target, isolation: IsolationOption): Promise<Launchable> {
  const key = `${target.platform} ${JSON.stringify(isolation)}`;
  const known = images.get(key) ?? build(target, isolation);
  images.set(key, known);
  return known;
}

async function build({ platform }: Target, isolation: IsolationOption): Promise<Launchable> {
  const image = await buildImage(APP, { isolation });
  return platform === undefined ? image : { ...image, native: await buildNativeImage(image, platform) };
}

interface Server {
  /** `status body`, or `lost` where the connection ended without an answer. */
  ask(tenant: string, target: string): Promise<string>;
  readonly errors: string[];
}

async function serve(t: TestContext, { target, more }: Tested, isolation: IsolationOption): Promise<Server> {
  const errors: string[] = [];
  const machine = await target.start(await imageFor(target, isolation), {
    forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
    environment: {},
    outbound: [],
    onConsole: (stream, text) => void (stream === 2 && errors.push(text)),
    ...more,
  });
  t.after(() => machine.stop());
  const { hostPort } = machine.forwards[0]!;
  return { ask: (tenant, wish) => ask(hostPort, tenant, wish), errors };
}

function ask(port: number, tenant: string, target: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = tenant === "" ? {} : { "x-tenant": tenant };
    const request = http.get({ host: "127.0.0.1", port, path: target, agent: false, headers }, (response) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => resolve(`${response.statusCode} ${body.split("\n")[0]}`));
      response.on("error", () => resolve("lost"));
    });
    request.on("error", () => resolve("lost"));
  });
}

/** As `ask`: a tenant that has used its share of a second is served again in the next one, and falls use it up. */
async function askInTurn({ ask }: Server, tenant: string, target: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const answer = await ask(tenant, target);
    if (answer !== "503 " || tries === 50) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const tested of TESTED) {
  const { name } = tested.target;

  test(`${name}: nothing that one tenant leaves in memory is found by another`, async (t) => {
    const { ask } = await serve(t, tested, TENANT);
    assert.equal(await ask("ann", "/plant"), "200 planted");
    assert.notEqual(await ask("ann", "/search"), "200 0");
    assert.equal(await ask("bob", "/search"), "200 0");
    const shared = await serve(t, tested, "shared");
    await shared.ask("ann", "/plant");
    assert.notEqual(await shared.ask("bob", "/search"), "200 0", "in a shared compartment it is found");
  });

  test(`${name}: a tenant that takes another's place finds nothing of it, and the other begins anew`, async (t) => {
    const { ask } = await serve(t, tested, { ...TENANT, compartments: 2 });
    for (const tenant of ["ann", "bob", "cid"]) {
      assert.equal(await ask(tenant, "/search"), "200 0", `${tenant} in a place that had another`);
      assert.equal(await ask(tenant, "/plant"), "200 planted");
    }
    assert.equal(await ask("ann", "/search"), "200 0", "cid took its place");
    assert.notEqual(
      await ask("cid", "/search"),
      "200 0",
      "cid was heard of later than bob, and has kept its own",
    );
  });

  test(`${name}: nothing that one request leaves is found by the next`, async (t) => {
    const { ask } = await serve(t, tested, { by: "request", compartments: 2, memoryMiB: 2 });
    for (let count = 0; count < 4; count++) {
      assert.equal(await ask("", "/search"), "200 0");
      assert.equal(await ask("", "/plant"), "200 planted");
    }
  });

  test(`${name}: a request that the app gives up leaves its compartment free for others`, async (t) => {
    const byRequest = await serve(t, tested, { by: "request", compartments: 2, memoryMiB: 2 });
    const byTenant = await serve(t, tested, { ...TENANT, compartments: 2 });
    for (let count = 0; count < 4; count++) {
      assert.equal(await byRequest.ask("", "/quit"), "lost");
      assert.equal(await byTenant.ask(`tenant-${count}`, "/quit"), "lost");
    }
    assert.equal(await byRequest.ask("", "/search"), "200 0");
    assert.equal(await byTenant.ask("ann", "/search"), "200 0");
  });

  test(`${name}: no tenant can name another's request`, async (t) => {
    const { ask } = await serve(t, tested, TENANT);
    const held = ask("ann", "/hold");
    assert.equal(await ask("eve", "/guess"), "200 0");
    assert.equal(await held, "200 held");
    const shared = await serve(t, tested, "shared");
    const open = shared.ask("ann", "/hold");
    while ((await shared.ask("eve", "/guess")) === "200 0") continue;
    assert.equal(await open, "200 held");
  });

  test(`${name}: what one tenant does to itself no other one notices`, async (t) => {
    const server = await serve(t, tested, TENANT);
    const { ask, errors } = server;
    assert.equal(await ask("ann", "/plant"), "200 planted");
    const held = ask("ann", "/hold");
    const falls = name === "node" ? ["/trap", "/exit"] : ["/trap", "/loop", "/exit"];
    for (const wish of falls) {
      await askInTurn(server, "eve", wish);
      assert.notEqual(await ask("ann", "/search"), "200 0", `ann's memory is as it was after ${wish}`);
      assert.equal(await askInTurn(server, "eve", "/search"), "200 0", `eve answers again after ${wish}`);
    }
    assert.equal(await held, "200 held", "ann's open request was answered");
    assert.equal(await askInTurn(server, "eve", "/trap"), "500 ");
    assert.match(errors.join(""), /tenant eve went down, and begins anew\n/);
    assert.doesNotMatch(errors.join(""), /tenant ann/);
  });

  test(`${name}: more falls at a time than there are compartments leave all others as they are`, async (t) => {
    const { ask } = await serve(t, tested, { ...TENANT, compartments: 2 });
    assert.equal(await ask("ann", "/plant"), "200 planted");
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(Array.from({ length: 32 }, () => ask("eve", "/trap")));
      for (const answer of answers) assert.match(answer, /^(500|503|lost)/);
      assert.notEqual(await ask("ann", "/search"), "200 0");
      assert.equal(await ask("eve", "/search"), "200 0");
    }
  });

  // A module's own memory is limited by its own type in Node.
  if (name !== "node")
    test(`${name}: a tenant has as much memory as it may have, whatever others took`, async (t) => {
      const { ask } = await serve(t, tested, TENANT);
      for (const tenant of ["ann", "bob"]) assert.equal(await ask(tenant, "/memory"), "200 32");
    });

  test(`${name}: two fresh compartments draw different random bytes, and a place taken anew, too`, async (t) => {
    const { ask } = await serve(t, tested, { by: "request", compartments: 2 });
    const drawn = await Promise.all(Array.from({ length: 8 }, () => ask("", "/random")));
    assert.equal(new Set(drawn).size, drawn.length);
  });

  test(`${name}: who names no tenant, or two, is refused`, async (t) => {
    const { ask } = await serve(t, tested, TENANT);
    assert.match(await ask("", "/search"), /^400/);
    assert.match(await ask("x".repeat(200), "/search"), /^400/);
    assert.equal(await ask("x".repeat(128), "/search"), "200 0");
  });
}
