/**
 * The manifest of an image, as an outsider reads it: JSON in a note, every field checked before anything uses it.
 *
 * Tests: inspect.test.ts, accounting.test.ts
 */
import * as v from "valibot";
import type { Manifest, ManifestNative, ManifestPackage } from "../abi/manifest.ts";
import { SERVICE_NAMES } from "../abi/services.ts";
import type { ElfFile } from "./elf.ts";
import { ImageFault } from "./image-fault.ts";
import { escapeControls } from "./words.ts";

/** The note of `src/build/native-image.ts`. */
const NOTE = { name: "Skerry", type: 1 } as const;
const LIST_LIMIT = 65536;
const TEXT_LIMIT = 65536;

const Text = v.pipe(v.string(), v.maxLength(TEXT_LIMIT), v.transform(escapeControls));
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(LIST_LIMIT));

const Module = v.object({
  role: v.picklist(["kernel", "app", "engine"]),
  compartment: v.picklist(["kernel", "app"]),
  sizeBytes: Size,
  sha256: Hash,
  imports: list(Text),
});

const Part = v.object({
  owner: v.picklist(["keel", "routines", "thunks", "platform", "kernel", "engine", "app", "files"]),
  kind: v.picklist(["code", "constants", "memory", "tables", "calls", "filter", "assets"]),
  address: Size,
  sizeBytes: v.pipe(Size, v.minValue(1)),
  sha256: Hash,
});

const Window = v.object({
  what: v.picklist(["image", "information", "devices", "memory", "table", "stack", "keel"]),
  owner: v.picklist(["keel", "platform", "kernel", "app"]),
  count: v.pipe(Size, v.minValue(1)),
  ranges: list(
    v.object({ access: v.picklist(["none", "read", "write", "execute"]), sizeBytes: Size, what: Text }),
  ),
});

const Package = v.object({
  name: Text,
  version: Text,
  licence: v.optional(Text),
  in: v.picklist(["kernel", "engine", "app", "runtime"]),
  sizeBytes: v.optional(Size),
});

const Native = v.object({ builder: Text, parts: list(Part), windows: list(Window), devices: list(Text) });

const Isolation = v.object({
  by: v.picklist(["request", "tenant"]),
  key: v.union([v.literal("host"), v.object({ header: Text })]),
  compartments: Size,
  cpuMs: Size,
  memoryMiB: Size,
  outbound: Size,
});

const Assets = v.object({ files: Size, contentBytes: Size, sizeBytes: Size, sha256: Hash });

const Whole = v.object({
  format: v.literal(1),
  name: Text,
  face: v.picklist(["js", "native"]),
  services: list(v.picklist(SERVICE_NAMES)),
  modules: list(Module),
  packages: v.optional(list(Package)),
  native: v.optional(Native),
  outbound: v.optional(list(Text)),
  isolation: v.optional(Isolation),
  assets: v.optional(Assets),
});

export interface NativeManifest extends Manifest {
  readonly packages: readonly ManifestPackage[];
  readonly native: ManifestNative;
}

export interface ReadManifest {
  readonly manifest: NativeManifest;
  /** In the file. */
  readonly sizeBytes: number;
}

/** Throws an `ImageFault` where there is none, or one that makes no sense. */
export function readManifest({ notes }: ElfFile): ReadManifest {
  const found = notes.filter(({ name, type }) => name === NOTE.name && type === NOTE.type);
  const [note] = found;
  if (note === undefined) {
    throw new ImageFault("is an ELF file, but not a Skerry image", "make an image: skerry build server.ts");
  }
  if (found.length > 1) throw new ImageFault("has several manifests");
  const result = v.safeParse(Whole, parseJson(note.bytes), { abortEarly: true });
  if (!result.success) {
    const [{ message, path }] = result.issues;
    const where = path?.map(({ key }) => String(key)).join(".") ?? "";
    throw new ImageFault(
      `has a manifest that makes no sense${where === "" ? "" : `, at ${where}`}: ${message}`,
    );
  }
  const { native, packages, ...rest } = result.output;
  if (native === undefined || packages === undefined) {
    throw new ImageFault("was built by a version of Skerry that did not yet say what its bytes are");
  }
  return {
    manifest: { ...(rest as Manifest), native, packages: packages as ManifestPackage[] },
    sizeBytes: note.bytes.length,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ImageFault("has a broken manifest: it is no JSON");
  }
}
