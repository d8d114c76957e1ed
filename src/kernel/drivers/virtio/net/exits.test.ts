/** Exits to the monitor that a request costs: notices to the device, and what a sleep takes. */
import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { EVENT_INDEX } from "../test-queue.ts";
import { NET_ROOT, THREADS } from "../test-roots.ts";

const CONNECTIONS = 32;
const REQUESTS = 3200;
const EXITS_LIMIT = 0.2;
/** `hlt`, and the interrupt's end; its acknowledgment is counted by itself. */
const EXITS_PER_SLEEP = 2;
const HAS_ADDRESS = 1n << 5n;
const REQUEST = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, ...new Uint8Array(60));

interface Pace {
  readonly connections: number;
  /** Requests that come while the guest answers one, while it waits a moment, while it sleeps. */
  readonly perAnswer: number;
  readonly perMoment: number;
  readonly perSleep: number;
  readonly features?: bigint;
}

/** Peers that ask again once they are answered, and a driver in the kernel's loop: exits for each request. */
async function exits(pace: Pace): Promise<{ readonly each: number; readonly watched: number }> {
  const features = pace.features ?? EVENT_INDEX | HAS_ADDRESS;
  const configuration = Uint8Array.of(2, 0, 0, 0, 0, 0x15);
  const device = new TestDevice({ id: 1, features, queues: [256, 256], configuration });
  const machine = new TestMachine([device]);
  const imports = { device: machine.device, platform: machine.platform } as unknown as Parameters<
    typeof assemble
  >[2];
  const driver = await assemble("drivers/virtio/net/net.harness.ts", NET_ROOT, imports, THREADS);
  machine.memory = driver.memory;
  driver["start"](4096);
  const [receive, transmit] = [device.queue(0), device.queue(1)];
  let asking = pace.connections;
  device.onNotify = (queue) => {
    if (queue === transmit) asking += queue.serve();
  };
  const ask = (count: number): void => {
    for (; count > 0 && asking > 0; count--, asking--) {
      const head = receive.pop()!;
      receive.write(head, REQUEST);
      receive.push(head, REQUEST.length);
    }
    receive.flush();
  };
  machine.onWatch = () => ask(pace.perMoment);
  let [answered, sleeps] = [0, 0];
  const round = (): boolean => {
    const before = answered;
    while ((driver["receiveFrame"]() as number) > 0) {
      driver["releaseFrame"]();
      driver["send"](60);
      answered++;
      ask(pace.perAnswer);
    }
    driver["flush"]();
    return answered !== before;
  };
  while (answered < REQUESTS) {
    if (round() || driver["expect"]() === 1 || driver["arm"]() === 1) continue;
    sleeps++;
    ask(pace.perSleep);
    driver["disarm"]();
  }
  assert.deepEqual(machine.errors, []);
  const count =
    transmit.notices + receive.notices + device.acknowledged + device.reads + EXITS_PER_SLEEP * sleeps;
  return { each: count / REQUESTS, watched: machine.watched };
}

const LOADS: readonly (readonly [name: string, pace: Pace])[] = [
  ["as fast as they are answered", { connections: CONNECTIONS, perAnswer: 1, perMoment: 1, perSleep: 1 }],
  ["one in a moment", { connections: CONNECTIONS, perAnswer: 0, perMoment: 1, perSleep: 1 }],
  ["all at once", { connections: CONNECTIONS, perAnswer: 0, perMoment: 0, perSleep: CONNECTIONS }],
];

for (const [name, pace] of LOADS) {
  test(`32 connections whose requests come ${name}: at most ${EXITS_LIMIT} exits each`, async (t) => {
    const { each } = await exits(pace);
    t.diagnostic(`${each.toFixed(3)} exits`);
    assert.ok(each > 0 && each <= EXITS_LIMIT, `${each}`);
  });
}

test("control: where a moment brings nothing, each request is a sleep, and nobody goes on waiting", async () => {
  const { each, watched } = await exits({ connections: 1, perAnswer: 0, perMoment: 0, perSleep: 1 });
  assert.ok(each > 3, `${each}`);
  assert.ok(watched < REQUESTS / 16, `waited ${watched} times`);
});

test("control: a device without event indices is told of every batch", async () => {
  const pace = { connections: CONNECTIONS, perAnswer: 0, perMoment: 0, perSleep: 1, features: HAS_ADDRESS };
  assert.ok((await exits(pace)).each > EXITS_LIMIT);
});
