/** What readers call the parts of an image, and how numbers are shown. */
import type { ByteKind, ByteOwner, ByteUse, Inspection } from "./inspection.ts";

export interface OwnerWords {
  readonly label: string;
  readonly what: string;
}

export const OWNERS: Readonly<Record<ByteOwner, OwnerWords>> = {
  keel: { label: "keel", what: "all of ring 0: boots, maps, catches faults, sleeps" },
  routines: { label: "routines", what: "copies and fills, for all modules" },
  thunks: { label: "thunks", what: "calls between modules over different memories" },
  platform: { label: "gates", what: "code around compartments: gates, entries, traps, start-up" },
  kernel: { label: "kernel", what: "drivers and services, of which those that the app uses" },
  engine: { label: "engine", what: "the JavaScript engine, QuickJS" },
  app: { label: "app", what: "the app's own module; of a script, the glue between engine and kernel" },
  files: { label: "assets", what: "what the kernel serves: the files, their compressed forms, their index" },
  file: { label: "file", what: "headers, the manifest, alignment" },
};

export const KINDS: Readonly<Record<ByteKind, string>> = {
  code: "code",
  constants: "constants",
  memory: "memory",
  tables: "tables",
  calls: "call addresses",
  filter: "system-call filter",
  assets: "contents",
  headers: "headers",
  manifest: "manifest",
  alignment: "alignment",
};

export function labelOf({ owner, kind }: Pick<ByteUse, "owner" | "kind">, face: "js" | "native"): string {
  if (owner === "file") return KINDS[kind];
  if (owner === "files") return OWNERS.files.label;
  const isSnapshot = owner === "app" && kind === "memory" && face === "js";
  if (owner === "app" && kind !== "memory" && face === "js") return `glue ${KINDS[kind]}`;
  return `${OWNERS[owner].label} ${isSnapshot ? "snapshot" : KINDS[kind]}`;
}

/** More of what a part is, for where there is room. */
export function detailOf(
  { owner, kind }: Pick<ByteUse, "owner" | "kind">,
  face: "js" | "native",
): string | undefined {
  if (owner === "app" && kind === "memory" && face === "js") {
    return "the engine's memory after the app's top level: runtime, packages and app as they are when a machine begins";
  }
  if (kind === "memory") return "what its memory holds at start";
  return kind === "code" || kind === "assets" ? OWNERS[owner].what : undefined;
}

/** Nothing in an image's text gives a terminal orders, or turns the direction of what follows. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`,
  );
}

/** `1,654,112` */
export function exact(value: number): string {
  return value.toLocaleString("en");
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1.6 MiB`, with at most three digits. */
export function short(sizeBytes: number): string {
  const power = sizeBytes === 0 ? 0 : Math.min(Math.floor(Math.log2(sizeBytes) / 10), UNITS.length - 1);
  const value = sizeBytes / 1024 ** power;
  return `${power === 0 || value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

export function share(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  return percent >= 0.95
    ? `${Math.round(percent)} %`
    : percent >= 0.05
      ? `${percent.toFixed(1)} %`
      : "< 0.1 %";
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${exact(count)} ${count === 1 ? one : many}`;
}

/** An AssemblyScript app names at least its compiler; of a module that came as Wasm nobody knows what went in. */
export function isFromWasm({ face, packages }: Inspection): boolean {
  return face === "native" && !packages.some((each) => each.in === "app");
}

export const FROM_WASM = "The app came as Wasm: what it was made from is not known.";
