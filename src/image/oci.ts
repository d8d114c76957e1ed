/**
 * An image as an OCI archive: an image layout (OCI image-spec 1.1) in a tar file, which registries, skopeo, containerd,
 * Docker and Podman read.
 *
 *   oci-layout, index.json         one manifest, by name and digest
 *   manifest.json                  the same for `docker load` of before there were layouts
 *   blobs/sha256/...               manifest, configuration, one layer
 *
 *   the layer   image.elf          what a VMM loads, or what a container runs
 *               manifest.json      what is in it (`src/abi/manifest.ts`)
 *
 * A process image is an ordinary Linux container (os "linux", entrypoint /image.elf); a virtual machine's kernel says
 * os "none", so that nobody takes it for a Linux program. The layer is not compressed and there are no times: the same
 * image gives the same bytes.
 *
 * Tests: oci.test.ts; with skopeo and runc, tests/functional/oci-archive.test.ts
 */
import { createHash } from "node:crypto";
import type { Manifest } from "../abi/manifest.ts";
import { readTar, writeTar, type TarFile } from "./tar.ts";

const LAYOUT_VERSION = "1.0.0";
const IMAGE_NAME = "image.elf";
const MANIFEST_NAME = "manifest.json";
const EXECUTABLE_MODE = 0o755;
const FILE_MODE = 0o644;
/** Of an archive that is read: as many as container systems stack. Each is hashed. */
const LAYERS_LIMIT = 128;

const MediaType = {
  Index: "application/vnd.oci.image.index.v1+json",
  Manifest: "application/vnd.oci.image.manifest.v1+json",
  Configuration: "application/vnd.oci.image.config.v1+json",
  Layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

export type ImagePlatform = "bare" | "process";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export function writeOci(elf: Uint8Array, manifest: Manifest, platform: ImagePlatform): Uint8Array {
  const layer = writeTar([
    { name: IMAGE_NAME, bytes: elf, mode: EXECUTABLE_MODE },
    { name: MANIFEST_NAME, bytes: json(manifest), mode: FILE_MODE },
  ]);
  const tag = `${tagName(manifest.name)}:latest`;
  const blobs: TarFile[] = [];
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    blobs.push({ name: blobName(digestOf(bytes)), bytes, mode: FILE_MODE });
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const layerDescriptor = add(MediaType.Layer, layer);
  const config = add(MediaType.Configuration, json(configuration(layerDescriptor.digest, platform)));
  const described = add(
    MediaType.Manifest,
    json({
      schemaVersion: 2,
      mediaType: MediaType.Manifest,
      config,
      layers: [layerDescriptor],
      annotations: { "org.opencontainers.image.title": manifest.name },
    }),
  );
  const names = {
    "io.containerd.image.name": `docker.io/library/${tag}`,
    "org.opencontainers.image.ref.name": "latest",
  };
  const index = {
    schemaVersion: 2,
    mediaType: MediaType.Index,
    manifests: [{ ...described, platform: platformOf(platform), annotations: names }],
  };
  const docker = [
    { Config: blobName(config.digest), RepoTags: [tag], Layers: [blobName(layerDescriptor.digest)] },
  ];
  const file = (name: string, content: unknown): TarFile => ({ name, bytes: json(content), mode: FILE_MODE });
  return writeTar([
    file("oci-layout", { imageLayoutVersion: LAYOUT_VERSION }),
    file("index.json", index),
    file("manifest.json", docker),
    ...blobs.sort((one, other) => (one.name < other.name ? -1 : 1)),
  ]);
}

function platformOf(platform: ImagePlatform) {
  return { architecture: "amd64", os: platform === "process" ? "linux" : "none" };
}

function configuration(layerDigest: string, platform: ImagePlatform) {
  return {
    ...platformOf(platform),
    config: platform === "process" ? { Entrypoint: [`/${IMAGE_NAME}`] } : {},
    rootfs: { type: "layers", diff_ids: [layerDigest] },
  };
}

/** Repositories have small letters, digits, and single dots, dashes and underscores between them. */
function tagName(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ["image"];
  return words.join("-");
}

/** The ELF file in an archive; undefined for one that holds none, or whose digests are not right. */
export function elfOfOci(archive: Uint8Array): Uint8Array | undefined {
  const files = readTar(archive);
  if (files === undefined) return undefined;
  try {
    const index = parse<{ manifests: Descriptor[] }>(files.get("index.json"));
    const manifest = parse<{ layers: Descriptor[] }>(blob(files, index.manifests[0]!));
    for (const layer of manifest.layers.slice(0, LAYERS_LIMIT)) {
      if (layer.mediaType !== MediaType.Layer) continue;
      const elf = readTar(blob(files, layer) ?? new Uint8Array())?.get(IMAGE_NAME);
      if (elf !== undefined) return elf;
    }
  } catch {
    // What was thrown says no more than that something of it is missing.
  }
  return undefined;
}

function blob(files: ReadonlyMap<string, Uint8Array>, { digest }: Descriptor): Uint8Array | undefined {
  const bytes = files.get(blobName(digest));
  return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
}

function parse<Content>(bytes: Uint8Array | undefined): Content {
  return JSON.parse(new TextDecoder().decode(bytes)) as Content;
}

function json(content: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(content));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
