import test from "node:test";
import assert from "node:assert/strict";
import { bytesAt, readElf } from "./elf.ts";
import { inspectImage } from "./inspect.ts";
import { textReport } from "./report/text.ts";
import { sbomOf } from "./sbom.ts";
import { exampleImage, hashOf, manifestOf, PLATFORMS, withManifest } from "./tampering.harness.ts";

for (const platform of PLATFORMS) {
  for (const example of ["console/main.ts", "http-native/main.ts"]) {
    test(`every byte of the file is somebody's, once: ${platform} ${example}`, async () => {
      const image = await exampleImage(example, platform);
      const { bytes, file, compartments } = inspectImage(image);
      assert.equal(
        bytes.reduce((sum, use) => sum + use.sizeBytes, 0),
        image.length,
      );
      assert.deepEqual(file, { sizeBytes: image.length, sha256: hashOf(image) });
      const keys = bytes.map(({ owner, kind }) => `${owner} ${kind}`);
      assert.equal(new Set(keys).size, keys.length);
      const alignment = bytes.find(({ kind }) => kind === "alignment")?.sizeBytes ?? 0;
      assert.ok(alignment < (platform === "bare" ? 256 : 4 * 4096), `${alignment} bytes of alignment`);
      assert.deepEqual(
        compartments.map(({ name }) => name),
        platform === "bare" ? ["app", "kernel", "keel"] : ["app", "kernel"],
      );
    });
  }
}

test("services that an app does not use are told as not in", async () => {
  const { services } = inspectImage(await exampleImage("console/main.ts", "bare"));
  assert.deepEqual(
    services.filter(({ isIn }) => isIn).map(({ name }) => name),
    ["app", "console"],
  );
});

test("a machine's reach: calls of the keel at their addresses, devices, ports, what the network can make it parse", async () => {
  const image = await exampleImage("http-native/main.ts", "bare");
  const { reach } = inspectImage(image);
  assert.deepEqual(reach.fromApp, ["env.abort", "http.listen", "http.respond"]);
  assert.deepEqual(reach.ports, [{ port: "chosen by the app", service: "http" }]);
  assert.ok(reach.network.some(({ protocol }) => protocol === "HTTP/1.1"));
  assert.ok(!reach.network.some(({ protocol }) => protocol === "DNS"));
  assert.ok(reach.devices.some(({ name }) => name === "virtio network"));
  const code = manifestOf(image).native!.parts.find(
    ({ owner, kind }) => owner === "platform" && kind === "code",
  )!;
  assert.ok(reach.keelCalls.length >= 8);
  for (const { address, name } of reach.keelCalls) {
    assert.ok(address > code.address && address < code.address + code.sizeBytes, name);
  }
  assert.deepEqual(reach.systemCalls, []);
});

test("an app without a network can be reached from none", async () => {
  const { reach } = inspectImage(await exampleImage("console/main.ts", "bare"));
  assert.deepEqual([reach.network, reach.ports], [[], []]);
});

test("a process's reach is the filter that it puts upon itself", async () => {
  const { reach } = inspectImage(await exampleImage("http-native/main.ts", "process"));
  assert.deepEqual(reach.keelCalls, []);
  const names = reach.systemCalls.map(({ name }) => name);
  assert.deepEqual(names, [
    ...["read", "write", "mprotect", "rt_sigreturn", "writev", "madvise", "setitimer", "sendto"],
    ...["recvfrom", "clock_gettime", "exit_group", "ppoll", "getrandom"],
  ]);
  assert.equal(reach.systemCalls.find(({ name }) => name === "mprotect")!.when, "argument 2 is 3 or 0");
  const alone = inspectImage(await exampleImage("console/main.ts", "process")).reach.systemCalls;
  assert.ok(!alone.some(({ name }) => name === "recvfrom"), "no network, no calls for it");
});

test("windows add up: what a memory has below its base, may grow into, and keeps as guard", async () => {
  for (const platform of PLATFORMS) {
    const { addressSpace } = inspectImage(await exampleImage("console/main.ts", platform));
    const memories = addressSpace.filter(({ what }) => what === "memory");
    assert.deepEqual(new Set(memories.map(({ owner }) => owner)), new Set(["kernel", "app"]));
    for (const { ranges } of memories) {
      const [first, last] = [ranges[0]!, ranges.at(-1)!];
      assert.deepEqual([first.what, last.what], ["guard", "guard"]);
      const isNeither = ranges.every(({ sizeBytes }) => sizeBytes > 0 && sizeBytes % 4096 === 0);
      assert.ok(isNeither);
    }
  }
});

test("assets are a part of their own, whose hash is told, and nobody's constants", async () => {
  for (const platform of PLATFORMS) {
    const image = await exampleImage("site/public", platform);
    const inspection = inspectImage(image);
    const { bytes, assets, compartments } = inspection;
    const use = bytes.find(({ owner }) => owner === "files")!;
    assert.deepEqual([use.kind, use.sizeBytes, assets!.files], ["assets", assets!.sizeBytes, 4]);
    assert.deepEqual(inspection.reach.ports, [{ port: "chosen by the app", service: "assets" }]);
    const part = manifestOf(image).native!.parts.find(({ owner }) => owner === "files")!;
    const elf = readElf(image);
    assert.equal(hashOf(bytesAt(elf, part.address, part.sizeBytes)!), assets!.sha256);
    assert.ok(compartments.every(({ constantBytes }) => constantBytes < assets!.sizeBytes));
    const listed = sbomOf(inspection).components.find(({ type }) => type === "data")!;
    assert.equal(listed.hashes![0]!.content, assets!.sha256);
    const text = textReport(inspection, { columns: 100, title: (title) => title });
    assert.match(text, /\nassets\n {2}4 files of [\d,]+ bytes/);
    const other = withManifest(image, { assets: { ...assets!, sha256: "0".repeat(64) } });
    assert.throws(() => inspectImage(other), /files that the image does not hold/);
  }
  const without = inspectImage(await exampleImage("console/main.ts", "bare"));
  assert.deepEqual(
    [without.assets, without.bytes.find(({ owner }) => owner === "files")],
    [undefined, undefined],
  );
});
