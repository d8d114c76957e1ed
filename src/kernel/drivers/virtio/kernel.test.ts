/** The kernel as `bare` images have it, whole, on modelled devices: `run` until it sleeps. */
import test from "node:test";
import assert from "node:assert/strict";
import {
  arp,
  bytes,
  ethernet,
  icmp,
  internetChecksum,
  ip,
  ipv4,
  isArp,
  PEER,
  readIpv4,
  u16,
  u32,
} from "../../../../tools/frames.ts";
import { SERVICE_NAMES, type ServiceName } from "../../../abi/services.ts";
import { kernelSource } from "../../../image/kernel-source.ts";
import { buildKernel } from "../../../image/kernel.ts";
import { networked, withRequired } from "../../../image/services.ts";
import { TestDevice, TestMachine } from "./test-machine.ts";
import { EVENT_INDEX } from "./test-queue.ts";

const OUR = "10.0.2.15";
const THEIRS = "10.0.2.2";
const STATION = Uint8Array.of(2, 0, 0, 0, 0, 0x15);
const CONFIGURATION = new TextEncoder().encode(`net.address=${OUR}/24\n`);
const CHECKSUM = 1n << 0n;
const INTERRUPT_ACKNOWLEDGE = 0x64;
const ABSENT = 2;

class Sleep extends Error {}

type KernelFunctions = Record<string, (...values: number[]) => void>;

interface KernelOptions {
  readonly devices?: readonly TestDevice[];
  /** Of the network device, beside its own. */
  readonly features?: bigint;
  prepare?(devices: { readonly console: TestDevice }): void;
  /** What the app does whenever it is entered. */
  app?(services: KernelFunctions): void;
}

class Kernel {
  readonly net = new TestDevice({
    id: 1,
    features: EVENT_INDEX | (1n << 5n),
    configuration: STATION,
    queues: [256, 256],
  });
  readonly random = new TestDevice({ id: 4, queues: [8] });
  readonly console = new TestDevice({ id: 3, queues: [8, 8] });
  readonly machine: TestMachine;
  readonly sent: Uint8Array[] = [];
  readonly headers: Uint8Array[] = [];
  readonly sleeps: bigint[] = [];
  /** What happens while the machine sleeps; without it the test gets control. */
  onIdle: (deadline: bigint) => void = () => {
    throw new Sleep();
  };
  readonly statuses: number[] = [];
  readonly #exports: KernelFunctions;

  constructor(wasm: Uint8Array, options: KernelOptions = {}) {
    this.net.features |= options.features ?? 0n;
    this.machine = new TestMachine(options.devices ?? [this.console, this.random, this.net]);
    this.random.onNotify = (queue) => void queue.serve(() => 32);
    this.net.onNotify = (queue) => {
      if (queue.index === 1) queue.serve((head) => this.#send(queue.read(head)));
    };
    options.prepare?.(this);
    const { machine } = this;
    const platform = {
      ...machine.platform,
      clockRealtime: () => 0n,
      exit: (status: number) => this.statuses.push(status),
      // No files.
      assetBytes: (_from: number, pointer: number, length: number) => machine.bytes(pointer, length).fill(0),
      entropySeed: (pointer: number, length: number) => (machine.bytes(pointer, length).fill(3), length),
      idle: (deadline: bigint) => (this.sleeps.push(deadline), this.onIdle(deadline)),
      configuration: (pointer: number, capacity: number) => {
        if (capacity >= CONFIGURATION.length) machine.bytes(pointer, capacity).set(CONFIGURATION);
        return CONFIGURATION.length;
      },
    };
    const imports = {
      platform,
      compartment: {
        enter: () => {
          if (options.app === undefined) return ABSENT;
          options.app(this.#exports);
          return 0;
        },
        copyIn: (pointer: number, _from: number, length: number) =>
          machine.bytes(pointer, length).set(new TextEncoder().encode("hello")),
        copyOut: () => {},
        restart: () => {},
        isOverdue: () => 0,
      },
      device: machine.device,
    };
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(wasm as BufferSource),
      imports as unknown as WebAssembly.Imports,
    );
    machine.memory = instance.exports["memory"] as WebAssembly.Memory;
    this.#exports = instance.exports as KernelFunctions;
    this.#exports["start"]!();
  }

  /** On the cable: with the checksum that was left to the device (5.1.6.2.2). */
  #send(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [from, at] = [view.getUint16(6, true), view.getUint16(8, true)];
    const frame = bytes.slice(12);
    if (bytes[0] === 1) frame.set(u16(internetChecksum(frame.subarray(from))), from + at);
    this.headers.push(bytes.slice(0, 12));
    this.sent.push(frame);
    return 0;
  }

  /** Runs until the machine sleeps. */
  run(): void {
    assert.throws(() => this.#exports["run"]!(), Sleep);
  }

  receive(frame: Uint8Array): void {
    const queue = this.net.queue(0);
    const head = queue.pop();
    assert.ok(head !== undefined);
    queue.write(head, bytes(new Uint8Array(10), 1, 0, frame));
    queue.push(head, 12 + frame.length);
    queue.flush();
  }
}

const build = (services: readonly ServiceName[]): Promise<Uint8Array> => buildKernel(services, true, "bare");
const whole = build(SERVICE_NAMES);

const question = ethernet(
  Uint8Array.of(255, 255, 255, 255, 255, 255),
  PEER,
  0x0806,
  arp({ operation: 1, senderHardware: PEER, sender: THEIRS, target: OUR }),
);

const echo = (data: Uint8Array): Uint8Array =>
  ethernet(
    STATION,
    PEER,
    0x0800,
    ipv4({ source: THEIRS, destination: OUR, protocol: 1, payload: icmp(8, 0, 7, data) }),
  );

/** A SYN to a port where nobody listens. */
function segmentFromAfar(): Uint8Array {
  const syn = bytes(u16(50000), u16(80), u32(1000), u32(0), 0x50, 2, u16(1000), u16(0), u16(0));
  const pseudo = bytes(ip(THEIRS), ip(OUR), 0, 6, u16(syn.length));
  syn.set(u16(internetChecksum(bytes(pseudo, syn))), 16);
  return ipv4({ source: THEIRS, destination: OUR, protocol: 6, payload: syn });
}

test("a bare kernel names its devices and no network of the platform's", async () => {
  for (const list of [["app"], ["app", "console"], ["app", "entropy"], ["app", "http"]] as const) {
    const services = networked(withRequired([...list]));
    const imports = WebAssembly.Module.imports(
      new WebAssembly.Module((await build(services)) as BufferSource),
    );
    const names = imports.map((item) => `${item.module}.${item.name}`);
    assert.ok(!names.some((name) => name.startsWith("platform.net")), names.join());
    assert.equal(names.includes("device.pin"), list.length > 1);
    const root = kernelSource(services, "bare");
    for (const [driver, service] of [
      ["net", "ip"],
      ["entropy", "entropy"],
      ["console", "console"],
    ] as const) {
      assert.equal(root.includes(`drivers/virtio/${driver}/`), services.includes(service), driver);
    }
    assert.ok(!root.includes("drivers/virtio/block"));
  }
});

test("it starts its devices, answers, and sleeps with interrupts asked for", async () => {
  const kernel = new Kernel(await whole);
  for (const device of [kernel.net, kernel.random, kernel.console]) assert.ok(device.isLive);
  kernel.run();
  const queue = kernel.net.queue(0);
  assert.equal(queue.interrupts, 0);
  kernel.receive(question);
  assert.equal(queue.interrupts, 1, "it would have been woken");
  kernel.receive(echo(Uint8Array.of(1, 2, 3)));
  assert.equal(queue.interrupts, 1, "but once");
  kernel.run();
  assert.equal(kernel.sent.length, 2);
  assert.ok(isArp(kernel.sent[0]!));
  const { source, destination, payload } = readIpv4(kernel.sent[1]!);
  assert.deepEqual([source, destination, [...payload.slice(8)]], [OUR, THEIRS, [1, 2, 3]]);
  assert.equal(kernel.net.queue(1).notices, 1, "both left with one notice");
  assert.deepEqual(kernel.machine.errors, []);
});

test("a segment's checksum is left to a device that makes them, and is right on the cable", async () => {
  const packet = segmentFromAfar();
  for (const features of [CHECKSUM, 0n]) {
    const kernel = new Kernel(await whole, { features });
    kernel.receive(question); // so that the answer need not wait for an address
    kernel.receive(ethernet(STATION, PEER, 0x0800, packet));
    kernel.run();
    const { protocol, source, destination, payload } = readIpv4(kernel.sent[1]!);
    assert.deepEqual([protocol, payload[13]! & 4], [6, 4], "nobody listens: a reset");
    const sum = bytes(ip(source), ip(destination), 0, 6, u16(payload.length), payload);
    assert.equal(internetChecksum(sum), 0);
    const expected = features === 0n ? [0, 0, 0, 0] : [1, 34, 0, 16];
    const header = kernel.headers[1]!;
    assert.deepEqual([header[0], header[6], header[7], header[8]], expected);
  }
});

test("a checksum left to the device is made after all when the segment waits for its neighbour", async () => {
  const kernel = new Kernel(await whole, { features: CHECKSUM });
  kernel.receive(ethernet(STATION, PEER, 0x0800, segmentFromAfar()));
  kernel.run();
  assert.ok(isArp(kernel.sent[0]!), "it asks who that is");
  const answer = arp({ operation: 2, senderHardware: PEER, sender: THEIRS, target: OUR });
  kernel.receive(ethernet(STATION, PEER, 0x0806, answer));
  kernel.run();
  const { source, destination, payload } = readIpv4(kernel.sent[1]!);
  const sum = bytes(ip(source), ip(destination), 0, 6, u16(payload.length), payload);
  assert.equal(internetChecksum(sum), 0);
  assert.equal(kernel.headers[1]![0], 0);
});

test("a frame that comes between the last look and the arming is not slept over", async () => {
  const kernel = new Kernel(await whole);
  kernel.run();
  kernel.receive(question);
  // The interrupt of the question is acknowledged just before interrupts are asked for again.
  const { net } = kernel;
  let isLate = false;
  const writeRegister = net.writeRegister.bind(net);
  net.writeRegister = (offset, value) => {
    writeRegister(offset, value);
    if (offset !== INTERRUPT_ACKNOWLEDGE || isLate) return;
    isLate = true;
    kernel.receive(echo(Uint8Array.of(9)));
  };
  kernel.run();
  assert.ok(isLate);
  assert.equal(net.queue(0).interrupts, 1, "nothing would have woken it");
  assert.equal(kernel.sent.length, 2);
  assert.equal(kernel.sleeps.length, 2);
});

test("under a flood the machine does not sleep, and the platform still gets its turns", async () => {
  const kernel = new Kernel(await whole);
  kernel.receive(question);
  const { onNotify } = kernel.net;
  kernel.net.onNotify = (queue) => {
    onNotify(queue);
    if (queue.index === 1) kernel.receive(echo(Uint8Array.of(kernel.sent.length & 255)));
  };
  let turns = 0;
  kernel.onIdle = () => {
    if (++turns === 5) throw new Sleep();
  };
  kernel.run();
  assert.equal(kernel.net.acknowledged, 0, "nor asks for interrupts while there is work");
  assert.ok(
    kernel.sleeps.every((deadline) => deadline < kernel.machine.clock),
    "none of them is a sleep",
  );
  assert.ok(kernel.sent.length >= 5 * 16);
});

for (const answers of [true, false]) {
  const device = answers ? "a device that takes it" : "a silent device, but not for ever";
  test(`the machine ends after its output is out: with ${device}`, async () => {
    const wasm = await build(withRequired(["app", "console"]));
    const written: string[] = [];
    const kernel = new Kernel(wasm, {
      prepare(devices) {
        devices.console.onNotify = (queue) => {
          if (answers) queue.serve((head) => (written.push(Buffer.from(queue.read(head)).toString()), 0));
        };
      },
      app(service) {
        service["console_write"]!(1, 0, 5);
        service["app_exit"]!(3);
      },
    });
    assert.deepEqual(kernel.statuses, [3]);
    assert.deepEqual(written, answers ? ["hello"] : []);
  });
}

test("a device that lies is gone, and the machine goes on", async () => {
  const kernel = new Kernel(await whole);
  kernel.run();
  kernel.net.queue(0).setUsedIndex(1000);
  kernel.run();
  kernel.run();
  assert.deepEqual(
    kernel.machine.errors.map((text) => text.trim()),
    ["the network device is stopped: it has used more buffers than it was given"],
  );
  assert.equal(kernel.net.status, 0);
});

test("a service that an image lacks leaves its device alone", async () => {
  const kernel = new Kernel(await build(withRequired(["app", "console"])));
  kernel.run();
  assert.ok(kernel.console.isLive);
  assert.ok(!kernel.net.isLive && !kernel.random.isLive);
  assert.deepEqual(kernel.sleeps, [0x7fff_ffff_ffff_ffffn]);
});

test("a machine without devices runs, and says that it has no network", async () => {
  const kernel = new Kernel(await whole, { devices: [] });
  kernel.run();
  assert.deepEqual(kernel.machine.errors, [
    "there is no network device to use: virtio over MMIO, or over PCI with MSI-X\n",
  ]);
});
