/**
 * The `bare` platform: a program as the image of a machine.
 *
 * Composes what runs in ring 3 around the compiled code, and tells the keel of it: start-up (`start.ts`), upcall
 * (`faults.ts`), the system under compartments (`system.ts`), keel calls.
 *
 * Tests: src/targets/conformance.test.ts boots whole images.
 */
import { link } from "../../linker/link.ts";
import type { LinkedParts, LinkedProgram } from "../../linker/linked.ts";
import type { Platform, PlatformCode } from "../../linker/platform.ts";
import { begin, compartmentMemory, type Code } from "../compartment/code.ts";
import { beginCode, emitCompartments, finishCode } from "../compartment/emit.ts";
import { compartmentCount, isReplicated, type ImagePlan } from "../compartment/plan.ts";
import { RENEWED_PAGES_LIMIT } from "../compartment/renewal.ts";
import { placeRecords, SYSTEM_STATE } from "../compartment/state.ts";
import type { KeelCall } from "../../abi/boot.ts";
import { emitUpcall } from "./faults.ts";
import { SECTIONS_START, windowNumbers, writeBareImage, type ImageNotes } from "./image.ts";
import { KeelCalls } from "./keel-calls.ts";
import { LIST_BYTES } from "./renewal.ts";
import { emitSeal, emitStart, type StartStack } from "./start.ts";
import { layOutState, type BareState } from "./state.ts";
import { bareSystem } from "./system.ts";

/** Platform imports that tell the time; an image without any need not measure the clock. */
const TIMED_IMPORTS = new Set(["clockMonotonic", "clockRealtime"]);

export interface BareImage {
  readonly elf: Uint8Array;
  readonly linked: LinkedProgram;
}

export interface BareOptions {
  /** For the control of tests alone: what is to be written back in a renewal stays as it is. */
  readonly leavesWrittenPages?: boolean;
}

/** Throws a `LinkError` where an import is not satisfied. `notes` become part of the file. */
export function linkForBare(
  plan: ImagePlan,
  notes: ImageNotes = () => [],
  options: BareOptions = {},
): BareImage {
  const emitter = new Emitter(plan, options);
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
  readonly #state: BareState;
  readonly #writesBack: boolean;
  readonly #keel = new KeelCalls();
  #code: Code | undefined;
  #sites: Partial<Record<KeelCall, number>> = {};

  constructor(plan: ImagePlan, { leavesWrittenPages = false }: BareOptions) {
    this.#plan = plan;
    this.#writesBack = !leavesWrittenPages;
    this.#state = layOutState(SYSTEM_STATE, {
      pages: isReplicated(plan) ? RENEWED_PAGES_LIMIT : 0,
      listBytes: isReplicated(plan) ? compartmentCount(plan) * LIST_BYTES : 0,
    });
    this.stateBytes = placeRecords(compartmentCount(plan), this.#state.end).end;
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
    const [keel, state] = [this.#keel, this.#state];
    const { stacks, isTimed } = this;
    const replicated = isReplicated(this.#plan);
    const windows = windowNumbers(parts.memories.length, parts.tables.length, stacks.length, replicated);
    const kernel = parts.instances[this.#plan.kernel.instance]!;
    const device = {
      state,
      memoryWindow: windows.memories + kernel.memory,
      physicalFromImage: SECTIONS_START,
      keel,
    };
    const memory = parts.memories[compartmentMemory({ parts, plan: this.#plan }, 0)]!;
    const code = beginCode(parts, this.#plan, (readOnly) =>
      bareSystem(
        device,
        windows,
        keel,
        state.end - SYSTEM_STATE,
        replicated ? { memory, readOnly, writesBack: this.#writesBack } : undefined,
      ),
    );
    this.#code = code;
    const { a, labels } = code;
    const functions = emitCompartments(code);
    const upcall = a.label();
    const entry = begin(a);
    emitStart(a, keel, {
      state,
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
    emitUpcall(a, upcall, state, keel, code);
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
