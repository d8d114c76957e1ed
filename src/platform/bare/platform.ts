/**
 * The `bare` platform: a program as the image of a machine.
 *
 * Composes what runs in ring 3 around the compiled code, and tells the keel of it: start-up (`start.ts`), upcall
 * (`faults.ts`), the system under compartments (`system.ts`), keel calls.
 *
 * Tests: tests/functional/machine.test.ts boots whole images.
 */
import { link } from "../../linker/link.ts";
import type { LinkedParts, LinkedProgram } from "../../linker/linked.ts";
import type { Platform, PlatformCode } from "../../linker/platform.ts";
import { begin, compartmentMemory, type Code } from "../compartment/code.ts";
import { beginCode, emitCompartments, finishCode } from "../compartment/emit.ts";
import { compartmentCount, isReplicated, type ImagePlan } from "../compartment/plan.ts";
import { placeRecords, SYSTEM_STATE } from "../compartment/state.ts";
import type { KeelCall } from "../../abi/boot.ts";
import { emitUpcall } from "./faults.ts";
import { SECTIONS_START, windowNumbers, writeBareImage, type ImageNotes } from "./image.ts";
import { KeelCalls } from "./keel-calls.ts";
import { emitSeal, emitStart, type StartStack } from "./start.ts";
import { layOutState } from "./state.ts";
import { bareSystem } from "./system.ts";

const STATE = layOutState(SYSTEM_STATE);
/** Platform imports that tell the time; an image without any need not measure the clock. */
const TIMED_IMPORTS = new Set(["clockMonotonic", "clockRealtime"]);

export interface BareImage {
  readonly elf: Uint8Array;
  readonly linked: LinkedProgram;
}

/** Throws a `LinkError` where an import is not satisfied. `notes` become part of the file. */
export function linkForBare(plan: ImagePlan, notes: ImageNotes = () => []): BareImage {
  const emitter = new Emitter(plan);
  const linked = link(plan.program, emitter);
  const { parts } = emitter;
  const stacks = emitter.stacks.map(({ sizeBytes, who }) => ({ sizeBytes, isKernel: who === "kernel" }));
  const apps = new Set(plan.compartments.map((_, number) => compartmentMemory(emitter.code, number)));
  const kernelMemories = new Set([...parts.memories.keys()].filter((memory) => !apps.has(memory)));
  const elf = writeBareImage({
    linked,
    kernelMemories,
    stacks,
    firstStack: 0,
    callSites: emitter.callSites(linked),
    isTimed: emitter.isTimed,
    notes,
    ...(isReplicated(plan)
      ? {
          replicas: {
            count: compartmentCount(plan) - 1,
            memory: compartmentMemory(emitter.code, 0),
            stack: 1,
          },
        }
      : {}),
  });
  return { elf, linked };
}

/** What the linker asks for, and what the image needs to know of it afterwards. */
class Emitter implements Platform {
  readonly stateBytes: number;
  readonly isTimed: boolean;
  readonly #plan: ImagePlan;
  readonly #keel = new KeelCalls();
  #code: Code | undefined;
  #sites: Partial<Record<KeelCall, number>> = {};

  constructor(plan: ImagePlan) {
    this.#plan = plan;
    this.stateBytes = placeRecords(compartmentCount(plan), STATE.end).end;
    this.isTimed = plan.functions.some((each) => each.kind === "platform" && TIMED_IMPORTS.has(each.name));
  }

  get code(): Code {
    return this.#code!;
  }

  get parts(): LinkedParts {
    return this.code.parts;
  }

  /** The kernel's first. */
  get stacks(): StartStack[] {
    const { kernel, compartments } = this.#plan;
    return [
      { who: "kernel", sizeBytes: kernel.stackBytes },
      ...compartments.map(({ stackBytes }, who) => ({ who, sizeBytes: stackBytes })),
    ];
  }

  emit(parts: LinkedParts): PlatformCode {
    const keel = this.#keel;
    const { stacks, isTimed } = this;
    const windows = windowNumbers(parts.memories.length, parts.tables.length, stacks.length);
    const kernel = parts.instances[this.#plan.kernel.instance]!;
    const device = {
      state: STATE,
      memoryWindow: windows.memories + kernel.memory,
      physicalFromImage: SECTIONS_START,
      keel,
    };
    const code = beginCode(parts, this.#plan, () =>
      bareSystem(device, windows, keel, STATE.end - SYSTEM_STATE),
    );
    this.#code = code;
    const { a, labels } = code;
    const functions = emitCompartments(code);
    const upcall = a.label();
    const entry = begin(a);
    emitStart(a, keel, {
      state: STATE,
      windows,
      memories: parts.memories.length,
      tables: parts.tables.length,
      stacks,
      hasDevices: this.#plan.functions.some(({ kind }) => kind === "device"),
      isTimed,
      upcall,
      records: code.records,
      replicas: compartmentCount(this.#plan) - this.#plan.compartments.length,
      memory: compartmentMemory(code, 0),
    });
    a.call(labels.settle);
    emitSeal(a, keel, code.records);
    a.jump(labels.boot);
    emitUpcall(a, upcall, STATE, keel, code);
    keel.emit(a);
    return finishCode(code, functions, entry, (labels) => {
      this.#sites = keel.sites(labels, -labels[entry]!);
    });
  }

  /** Addresses in the image. */
  callSites({ entry }: LinkedProgram): Partial<Record<KeelCall, number>> {
    return Object.fromEntries(
      Object.entries(this.#sites).map(([call, fromEntry]) => [call, entry + fromEntry]),
    );
  }
}
