/**
 * What a developer reads when a compartment of a native image traps: the same text as of a hosted one, made from a
 * `trap` record and what the linker knows of the image.
 *
 * A record holds code offsets and nothing else of the stack, so a report can tell no secret of the program.
 *
 * Tests: crash-report.test.ts
 */
import { TRAP_MESSAGES, TrapKind } from "../abi/trap.ts";
import { escapeControls } from "../image/escape-controls.ts";
import { readWasmMap, type PlaceOf } from "../image/wasm-map.ts";
import { Cause } from "../platform/compartment/state.ts";
import type { ControlRecord, TrapRecord, Who } from "./native/control-records.ts";
import { appPlaces } from "./source-place.ts";
import { isModuleCode, notedTrap, walkStack, walkStackFrom, type Frame } from "./stack-walk.ts";
import type { Launchable, NativeProgram } from "./target.ts";

const FRAME_LIMIT = 20;
/** The instance whose source map an image carries. */
const APP_INSTANCE = "app";

/** Of causes that say all there is to say. */
const CAUSE_MESSAGES: Readonly<Record<number, string>> = {
  [Cause.Abort]: "abort",
  [Cause.TimeLimit]: "it ran longer than its time limit",
  [Cause.OutOfMemory]: "the machine has no memory left for it",
  [Cause.StackExhausted]: TRAP_MESSAGES[TrapKind.StackExhausted],
};

const VECTOR_NAMES: Readonly<Record<number, string>> = {
  [Cause.Divide]: "a division fault",
  [Cause.InvalidOpcode]: "an invalid instruction",
  [Cause.Protection]: "a protection fault",
  [Cause.PageFault]: "a page fault",
};

export class CrashReports {
  readonly #image: Launchable;
  readonly #native: NativeProgram;
  /** What the last abort said, until its trap comes: nothing lies between the two, and a guest's records may be endless. */
  #abort: { readonly who: Who; readonly text: string } | undefined;
  #places: PlaceOf | undefined;
  #hasPlaces = false;

  constructor(image: Launchable, native: NativeProgram) {
    this.#image = image;
    this.#native = native;
  }

  /** Takes every control record: the report, if this one completes one. */
  take(record: ControlRecord): string | undefined {
    if (record.kind === "abort") this.#abort = record;
    if (record.kind !== "trap") return undefined;
    const frames = this.#frames(record);
    const head = `${subject(record.who)}: ${this.#message(record)}`;
    const lines = frames.slice(0, FRAME_LIMIT).map((frame) => `    at ${this.#show(frame)}`);
    return [head, ...lines].map((line) => `${escapeControls(line)}\n`).join("");
  }

  #message(record: TrapRecord): string {
    const { who, cause, code, address } = record;
    const said = this.#abort?.who === who ? this.#abort.text : undefined;
    this.#abort = undefined;
    if (cause === Cause.Abort && said !== undefined) return said;
    const known = CAUSE_MESSAGES[cause];
    if (known !== undefined) return known;
    const kind = notedTrap(this.#native.linked, code);
    if (kind === undefined) {
      const name = VECTOR_NAMES[cause] ?? `processor exception ${cause}`;
      return `${name} at code offset 0x${code.toString(16)}, address 0x${address.toString(16)}`;
    }
    const byte = kind === TrapKind.MemoryOutOfBounds ? ` (byte 0x${address.toString(16)} of its memory)` : "";
    return `${TRAP_MESSAGES[kind]}${byte}`;
  }

  /**
   * Code that is no module's (a gate, a routine) has no frame that is known: then the walk begins at the nearest word
   * that points into a module. That word may be a leftover, so it is only done where nothing better is known.
   */
  #frames({ code, words }: TrapRecord): readonly Frame[] {
    const { linked } = this.#native;
    const returnAt = (distance: number) => words.get(distance);
    const frames = walkStack(linked, code, returnAt);
    if (frames.length > 0) return frames;
    const nearest = [...words]
      .filter(([, target]) => isModuleCode(linked, target - 1))
      .reduce((least, [distance]) => Math.min(least, distance), Infinity);
    return nearest === Infinity ? [] : walkStackFrom(linked, nearest, returnAt);
  }

  #show({ instance, functionIndex, name, byteOffset }: Frame): string {
    const { name: instanceName, module } = this.#native.linked.instances[instance]!;
    const text =
      functionIndex < 0
        ? `the initialization of ${instanceName}`
        : (name ?? exportName(module.exports, functionIndex) ?? `function ${functionIndex}`);
    const place = instanceName === APP_INSTANCE ? this.#placeOf(module.sourceMapUrl, byteOffset) : undefined;
    return place === undefined ? text : `${text} (${place})`;
  }

  #placeOf(sourceMapUrl: string | undefined, byteOffset: number): string | undefined {
    if (!this.#hasPlaces) {
      const [entry] = this.#image.inputs;
      this.#places =
        appPlaces(this.#image) ?? (entry === undefined ? undefined : readWasmMap(entry, sourceMapUrl));
      this.#hasPlaces = true;
    }
    return this.#places?.(byteOffset);
  }
}

function subject(who: Who): string {
  if (who === "kernel") return "kernel fault";
  return who === 0 ? "the app trapped" : `compartment ${who} trapped`;
}

function exportName(
  exports: readonly { readonly name: string; readonly kind: string; readonly index: number }[],
  functionIndex: number,
): string | undefined {
  return exports.find(({ kind, index }) => kind === "function" && index === functionIndex)?.name;
}
