/** Random bytes of whole images: from whichever source there is, never the same twice, and none without a source. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage, type NativeImage, type NativePlatform } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { NETWORK_CONFIGURATION } from "./guest-network.ts";
import { hosts, IS_LONG, machineHost, showRecords, type Ran } from "./whole-image.ts";

const BOOTS = IS_LONG ? 64 : 16;
const BLOCK_DIGITS = 32;
const SCRIPT_RUNS = 3;
/** Has neither RDRAND nor RDSEED. */
const WITHOUT_SOURCE = { cpu: "Nehalem" };
const SOURCE = { more: ["-device", "virtio-rng-device"] };

const built = new Map<string, Promise<NativeImage>>();

function image(name: string, platform: NativePlatform): Promise<NativeImage> {
  const key = `${name} ${platform}`;
  const known = built.get(key) ?? build(name, platform);
  built.set(key, known);
  return known;
}

async function build(name: string, platform: NativePlatform): Promise<NativeImage> {
  return buildNativeImage(
    await buildImage(path.resolve(import.meta.dirname, `../apps/${name}.ts`)),
    platform,
  );
}

function blocksOf({ output, errors }: Ran): string[] {
  assert.match(output, /^[0-9a-f]{128}\n$/, errors);
  return output.match(new RegExp(`.{${BLOCK_DIGITS}}`, "g"))!;
}

function requireDifferent(blocks: readonly string[]): void {
  assert.equal(new Set(blocks).size, blocks.length, "a block came twice");
}

test(`no 16 bytes are the same in ${BOOTS} boots`, async (t) => {
  for (const host of await hosts(t)) {
    const program = await image("native-random", host.platform);
    const blocks: string[] = [];
    for (let count = 0; count < BOOTS; count++) blocks.push(...blocksOf(await host.run(program)));
    requireDifferent(blocks);
    assert.throws(() => requireDifferent([...blocks, blocks[0]!]));
    // Of all bits half are set, within five standard deviations.
    const bits = blocks.join("").length * 4;
    const ones = [...blocks.join("")].reduce((sum, digit) => sum + countBits(parseInt(digit, 16)), 0);
    assert.ok(Math.abs(ones - bits / 2) < 2.5 * Math.sqrt(bits), `${ones} of ${bits} bits`);
  }
});

const countBits = (value: number): number => (value === 0 ? 0 : (value & 1) + countBits(value >> 1));

test("a random device alone is source enough", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const program = await image("native-random", "bare");
  const blocks: string[] = [];
  for (let count = 0; count < 4; count++) {
    blocks.push(...blocksOf(await machineHost("tcg").run(program, { ...WITHOUT_SOURCE, ...SOURCE })));
  }
  requireDifferent(blocks);
});

test("without a source nothing is handed out, and the machine says so", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const native = await image("native-random", "bare");
  const refused = await machineHost("tcg").run(native, WITHOUT_SOURCE);
  assert.deepEqual([refused.status, refused.output], [3, ""]);
  assert.match(refused.errors, /^refused -7\n/);
});

test("a network does not start without a source: its numbers could be guessed", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const network = ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"];
  const options = { ...WITHOUT_SOURCE, configuration: NETWORK_CONFIGURATION };
  for (const name of ["native-server", "script-server"]) {
    const refused = await machineHost("tcg").run(await image(name, "bare"), { ...options, more: network });
    assert.ok(!showRecords(refused).includes("started"));
    assert.match(refused.control.join("\n"), /^abort kernel entropy: the platform gives no random seed/m);
    assert.deepEqual([refused.status, refused.output], [70, ""]);
  }
  const more = [...network, ...SOURCE.more];
  blocksOf(await machineHost("tcg").run(await image("script-random", "bare"), { ...options, more }));
});

test("what is random in a script is drawn when it runs, not when its image is built", async (t) => {
  for (const host of await hosts(t)) {
    const program = await image("script-late-random", host.platform);
    const said: string[] = [];
    for (let count = 0; count < SCRIPT_RUNS; count++) {
      const more = host.platform === "bare" ? SOURCE.more : [];
      const { output, errors } = await host.run(program, { configuration: NETWORK_CONFIGURATION, more });
      const [, numbers, uuid] = /^math (.+)\nuuid (.+)\n$/.exec(output) ?? assert.fail(`${output}${errors}`);
      said.push(...numbers!.split(" "), uuid!);
    }
    requireDifferent(said);
  }
});
