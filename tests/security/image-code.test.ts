/**
 * The machine code of whole images, from their bytes alone, by a decoder that shares nothing with our encoder: outside of
 * the keel no instruction is privileged or another way out of ring 3, and an `int3` stands only where `skerry inspect`
 * lists a call of the keel. That compiled code keeps its contract is `code-contract.test.ts`.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { Decoder, DecoderOptions, Mnemonic } from "iced-x86";
import { bytesAt, readElf } from "../../src/audit/elf.ts";
import { inspectImage } from "../../src/audit/inspect.ts";
import type { Inspection } from "../../src/audit/inspection.ts";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const EXAMPLES = ["console/main.ts", "http-native/main.ts", "hello/server.ts"];
/** Ways out of ring 3 that are not privileged: a machine's image has the keel's `int3` and no other. */
const WAYS_OUT: readonly Mnemonic[] = [
  ...[Mnemonic.Syscall, Mnemonic.Sysenter, Mnemonic.Int, Mnemonic.Int1, Mnemonic.Into],
  ...[Mnemonic.Vmcall, Mnemonic.Vmmcall, Mnemonic.Cpuid, Mnemonic.Popfq, Mnemonic.Iretq],
];

/** What breaks these rules, a line each; `count`: of instructions. */
function check(elf: Uint8Array, { executable, reach }: Inspection): { faults: string[]; count: number } {
  const file = readElf(elf);
  const calls = new Set(reach.keelCalls.map(({ address }) => address));
  const faults: string[] = [];
  let count = 0;
  for (const { owner, kind, address, sizeBytes } of executable.ranges) {
    if (owner === "keel" || kind !== "code") continue;
    const decoder = new Decoder(64, bytesAt(file, address, sizeBytes)!, DecoderOptions.None);
    decoder.ip = BigInt(address);
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const at = Number(instruction.ip);
      count++;
      const fault = instruction.isInvalid
        ? "is no instruction"
        : instruction.isPrivileged
          ? "is privileged"
          : WAYS_OUT.includes(instruction.mnemonic)
            ? "leaves ring 3"
            : instruction.mnemonic === Mnemonic.Int3 && !calls.has(at)
              ? "is a call of the keel that is not listed"
              : undefined;
      if (fault !== undefined)
        faults.push(`${owner} ${at.toString(16)}: ${Mnemonic[instruction.mnemonic]} ${fault}`);
      instruction.free();
    }
    decoder.free();
  }
  return { faults, count };
}

async function inspected(entry: string): Promise<{ elf: Uint8Array; inspection: Inspection }> {
  const image = await buildImage(path.join(ROOT, "examples", entry));
  const { elf } = await buildNativeImage(image, "bare");
  return { elf, inspection: inspectImage(elf) };
}

for (const entry of EXAMPLES) {
  test(`all code of an image stays in ring 3, but for the keel and its listed calls: ${entry}`, async (t) => {
    const { elf, inspection } = await inspected(entry);
    const { faults, count } = check(elf, inspection);
    assert.deepEqual(faults, []);
    t.diagnostic(`${count} instructions`);
  });
}

test("one instruction of an app that is changed is found (the control)", async () => {
  const { elf, inspection } = await inspected(EXAMPLES[0]!);
  const app = inspection.executable.ranges.find(({ owner, kind }) => owner === "app" && kind === "code")!;
  const segment = readElf(elf).segments.find(
    ({ address, sizeBytes }) => app.address >= address && app.address < address + sizeBytes,
  )!;
  const at = segment.offset + app.address - segment.address;
  for (const [bytes, says] of [
    [[0xf4], /Hlt is privileged/],
    [[0x0f, 0x05], /Syscall leaves/],
    [[0xcc], /Int3 is a call of the keel that is not listed/],
    [[0x06], /is no instruction/],
  ] as const) {
    const changed = elf.slice();
    changed.set(bytes, at);
    assert.match(check(changed, inspection).faults[0] ?? "", says);
  }
});
