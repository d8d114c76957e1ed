/** Row 37 of the battery: the bill of materials, by the official schema, accounts for every executable byte. */
import test from "node:test";
import assert from "node:assert/strict";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { bytesAt, executedBytes, readElf } from "./elf.ts";
import { inspectImage } from "./inspect.ts";
import { sbomOf, type Sbom } from "./sbom.ts";
import { exampleImage, hashOf, PLATFORMS } from "./tampering.harness.ts";

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
const EXAMPLES = ["hono/server.ts", "http-native/main.ts", "console/main.ts", "site/public"];

/** Every range of the document: only what it says itself is used. */
function rangesOf({ components }: Sbom) {
  return components
    .flatMap((owner) => owner.components ?? [])
    .map(({ hashes, properties }) => {
      const value = (name: string) =>
        Number(properties!.find((each) => each.name === `skerry:range:${name}`)!.value);
      return { address: value("address"), sizeBytes: value("sizeBytes"), sha256: hashes![0]!.content };
    })
    .sort((one, other) => one.address - other.address);
}

/** Addresses of pages that may be executed and that no range covers, as [first, one past the last]. */
function unaccounted(image: Uint8Array, sbom: Sbom): [number, number][] {
  const elf = readElf(image);
  const holes: [number, number][] = [];
  for (const segment of elf.segments.filter(({ access }) => (access & 1) !== 0)) {
    const bytes = executedBytes(elf, segment);
    const end = segment.address + bytes.length;
    let next = segment.address;
    for (const { address, sizeBytes, sha256 } of rangesOf(sbom)) {
      if (address + sizeBytes <= next || address >= end) continue;
      if (address > next) holes.push([next, address]);
      const from = address - segment.address;
      assert.equal(hashOf(bytes.subarray(from, from + sizeBytes)), sha256);
      next = address + sizeBytes;
    }
    if (next < end) holes.push([next, end]);
  }
  return holes;
}

for (const platform of PLATFORMS) {
  for (const example of EXAMPLES) {
    test(`no executable byte is missing from it: ${platform} ${example}`, async () => {
      const image = await exampleImage(example, platform);
      const sbom = sbomOf(inspectImage(image));
      assert.deepEqual(unaccounted(image, sbom), []);
      const property = (name: string) =>
        Number(sbom.properties.find((each) => each.name === `skerry:executable:${name}`)!.value);
      const sum = rangesOf(sbom).reduce((all, { sizeBytes }) => all + sizeBytes, 0);
      assert.equal(sum, property("mappedBytes"));
      assert.equal(property("componentBytes") + property("paddingBytes"), sum);
      assert.equal(sbom.metadata.component.hashes![0]!.content, hashOf(image));
      // Were any one of its ranges missing, there would be a hole.
      for (const { address, sizeBytes } of rangesOf(sbom)) {
        const components = sbom.components.map((owner) => ({
          ...owner,
          components: (owner.components ?? []).filter(
            ({ name }) => !name.endsWith(` 0x${address.toString(16)}`),
          ),
        }));
        assert.deepEqual(unaccounted(image, { ...sbom, components }), [[address, address + sizeBytes]]);
      }
      assert.ok(bytesAt(readElf(image), rangesOf(sbom)[0]!.address, 1));
    });

    test(`it is CycloneDX 1.6: ${platform} ${example}`, async () => {
      const sbom = sbomOf(inspectImage(await exampleImage(example, platform)));
      assert.equal(await validator.validate(JSON.stringify(sbom)), null);
      const references = [
        sbom.metadata.component,
        ...sbom.components.flatMap((each) => [each, ...(each.components ?? [])]),
      ].map((each) => each["bom-ref"]);
      assert.equal(new Set(references).size, references.length);
      for (const { ref, dependsOn } of sbom.dependencies) {
        for (const each of [ref, ...dependsOn]) assert.ok(references.includes(each), each);
      }
    });
  }
}

test("the validator finds what is wrong", async () => {
  const sbom = sbomOf(inspectImage(await exampleImage("console/main.ts", "bare")));
  for (const broken of [
    { ...sbom, serialNumber: "urn:uuid:1" },
    { ...sbom, components: [{ type: "stone", name: "x" }] },
  ]) {
    assert.notEqual(await validator.validate(JSON.stringify(broken)), null);
  }
});

test("packages stand in it with version, licence and where they come from", async () => {
  const image = await exampleImage("hono/server.ts", "bare");
  const { components, dependencies } = sbomOf(inspectImage(image));
  const hono = components.find(({ name }) => name === "hono")!;
  assert.match(hono.purl!, /^pkg:npm\/hono@\d/);
  assert.deepEqual(hono.licenses, [{ expression: "MIT" }]);
  const engine = components.find(({ name }) => name.includes("quickjs"))!;
  assert.match(engine.purl!, /^pkg:npm\/%40jitl\/quickjs-wasmfile-release-sync@/);
  assert.ok(dependencies.find(({ ref }) => ref === "part:app")!.dependsOn.includes(hono["bom-ref"]));
  assert.ok(dependencies.find(({ ref }) => ref === "part:engine")!.dependsOn.includes(engine["bom-ref"]));
});

test("the same image gives the same document", async () => {
  const image = await exampleImage("console/main.ts", "bare");
  assert.equal(
    JSON.stringify(sbomOf(inspectImage(image))),
    JSON.stringify(sbomOf(inspectImage(image.slice()))),
  );
});

test("what an app was made from that came as Wasm is not claimed to be known", async () => {
  const inspection = inspectImage(await exampleImage("http-native/main.ts", "bare"));
  assert.deepEqual(
    sbomOf(inspection).compositions.map(({ aggregate }) => aggregate),
    ["complete"],
  );
  const packages = inspection.packages.filter((each) => each.in !== "app");
  const sbom = sbomOf({ ...inspection, packages });
  assert.deepEqual(sbom.compositions[1], { aggregate: "unknown", assemblies: ["part:app"] });
  assert.ok(!sbom.compositions[0]!.assemblies.includes("part:app"));
  assert.equal(await validator.validate(JSON.stringify(sbom)), null);
});
