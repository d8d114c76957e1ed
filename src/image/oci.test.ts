import test from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { elfOfOci, writeOci } from "./oci.ts";
import { readTar, writeTar } from "./tar.ts";
import { ELF, MANIFEST } from "./test-formats.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const files = (platform: "bare" | "process") => readTar(writeOci(ELF, MANIFEST, platform))!;
const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;

test("everything is reached from the index, by its right digest and size, and nothing else is there", () => {
  const archive = files("bare");
  const reached = new Set(["oci-layout", "index.json", "manifest.json"]);
  const follow = ({ digest, size }: Descriptor): Uint8Array => {
    const name = `blobs/${digest.replace(":", "/")}`;
    const bytes = archive.get(name)!;
    assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, digest);
    assert.equal(bytes.length, size);
    reached.add(name);
    return bytes;
  };
  const [described] = parse(archive.get("index.json")!)["manifests"] as Descriptor[];
  const manifest = parse(follow(described!));
  const configuration = parse(follow(manifest["config"] as Descriptor));
  const [layer] = manifest["layers"] as Descriptor[];
  const content = readTar(follow(layer!))!;
  assert.deepEqual([...archive.keys()].sort(), [...reached].sort());
  assert.deepEqual(configuration["rootfs"], { type: "layers", diff_ids: [layer!.digest] });
  assert.deepEqual(content.get("image.elf"), ELF);
  assert.deepEqual(parse(content.get("manifest.json")!), MANIFEST);
  assert.deepEqual(parse(archive.get("oci-layout")!), { imageLayoutVersion: "1.0.0" });
});

test("a process image is a Linux container, a virtual machine's kernel is not", () => {
  const configurationOf = (platform: "bare" | "process") => {
    const archive = files(platform);
    const [docker] = parse(archive.get("manifest.json")!) as unknown as {
      Config: string;
      RepoTags: string[];
    }[];
    assert.deepEqual(docker!.RepoTags, ["some-app:latest"]);
    return parse(archive.get(docker!.Config)!);
  };
  const process = configurationOf("process");
  assert.equal(process["os"], "linux");
  assert.deepEqual(process["config"], { Entrypoint: ["/image.elf"] });
  assert.equal(configurationOf("bare")["os"], "none");
});

test("an image is found in any of so many layers, and not looked for in more", () => {
  const other = writeTar([{ name: "other", bytes: Uint8Array.of(1), mode: 0o644 }]);
  const layer = writeTar([{ name: "image.elf", bytes: ELF, mode: 0o755 }]);
  const archive = (before: number): Uint8Array => {
    const blobs = new Map<string, Uint8Array>();
    const add = (bytes: Uint8Array) => {
      const hash = createHash("sha256").update(bytes).digest("hex");
      blobs.set(`blobs/sha256/${hash}`, bytes);
      const mediaType = "application/vnd.oci.image.layer.v1.tar";
      return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
    };
    const json = (content: unknown) => new TextEncoder().encode(JSON.stringify(content));
    const layers = [...new Array<Uint8Array>(before).fill(other), layer].map(add);
    const index = json({ manifests: [add(json({ layers }))] });
    const all = [["index.json", index] as const, ...blobs];
    return writeTar(all.map(([name, bytes]) => ({ name, bytes, mode: 0o644 })));
  };
  assert.deepEqual(elfOfOci(archive(0)), ELF);
  assert.deepEqual(elfOfOci(archive(127)), ELF);
  assert.equal(elfOfOci(archive(128)), undefined);
});
