/**
 * The `process` platform of an image: kernel and compartments as one static Linux executable that confines itself.
 *
 *   start   memories, tables, stacks at addresses that the system draws; handlers; the configuration; the network
 *   seal    what only this wrote becomes read-only; then the list of system calls, and nothing else
 *   boot    `src/platform/compartment`: initializers, the kernel, for ever
 *
 * Tests: image.test.ts
 */
import { link } from "../../linker/link.ts";
import type { LinkedMemory, LinkedParts, LinkedProgram } from "../../linker/linked.ts";
import { Place, type PlatformCode } from "../../linker/platform.ts";
import { R15, RDX, RSI, RSP } from "../../x64/register.ts";
import { begin, compartmentMemory, fixedRecord, ownerOfMemory, type Code } from "../compartment/code.ts";
import { beginCode, emitCompartments, finishCode } from "../compartment/emit.ts";
import { compartmentCount, isReplicated, type ImagePlan } from "../compartment/plan.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { placeRecords, SYSTEM_STATE } from "../compartment/state.ts";
import type { System } from "../compartment/system.ts";
import { emitAlarm, type Sleep } from "./alarm.ts";
import { emitArguments } from "./arguments.ts";
import { Clock, emitClock, emitEntropy } from "./clocks.ts";
import { emitFilter, emitSeal } from "./confinement.ts";
import { emitConsoleWrite, emitControlWrite, emitWriteAll } from "./descriptors.ts";
import { emitMemoryGrow } from "./grow.ts";
import { emitTableGrow } from "../compartment/table-grow.ts";
import { emitIdle, emitLastWrites } from "./idle.ts";
import {
  emitDiscardMemory,
  emitDiscardTable,
  emitFillMemories,
  emitFillMemory,
  writeInitials,
  type Initials,
} from "./image-memory.ts";
import { emitHandlers, emitImageSignals, TICK_MS, type SignalLabels } from "./image-signals.ts";
import { CONFIGURATION, IMAGE_STATE_BYTES, ImageFixed, SCRATCH } from "./image-state.ts";
import { emitNetStart } from "./net-start.ts";
import { emitFlush, emitNetAddress, emitReceive, emitTransmit, emitTransmitPieces } from "./net.ts";
import { emitFindClock } from "./vdso.ts";
import { emitOpenPageMap, emitRenewMemory } from "./renewal.ts";
import { writeRecords, type Records } from "./records.ts";
import { emitReplicas } from "./replicas.ts";
import { emitMemories, emitStack, emitTables } from "./start.ts";
import { emitExit, emitMessage } from "./system-call.ts";

/** EX_OSERR. */
const NO_RESOURCES_STATUS = 71;
const NO_RESOURCES =
  "skerry: the system refused what this image needs to start: memory, a filter, or its network\n";

export interface ImageOptions {
  /** Without its filter the process may make any system call: for tests alone. */
  readonly isFiltered?: boolean;
  /** An alarm that rings just before a sleep does not end it: for tests alone. */
  readonly forgetsAlarms?: boolean;
  /** What a compartment of many usually writes is left as it is when it is renewed: for tests alone. */
  readonly leavesUsualPages?: boolean;
}

/** Links an image for this platform. Throws a `LinkError` where an import is not satisfied. */
export function linkImageForProcess(plan: ImagePlan, options: ImageOptions = {}): LinkedProgram {
  return link(plan.program, {
    stateBytes: placeRecords(compartmentCount(plan), SYSTEM_STATE + IMAGE_STATE_BYTES).end,
    emit: (parts) => emitImage(parts, plan, options),
  });
}

/** Pieces of this platform that its functions go to. */
interface Pieces {
  readonly writeAll: number;
  readonly flush: number;
  readonly fill: number;
  readonly sleep: Sleep;
  readonly records: Records;
  readonly initials: Initials;
}

function emitImage(parts: LinkedParts, plan: ImagePlan, options: ImageOptions): PlatformCode {
  let pieces: Pieces | undefined;
  const code = beginCode(parts, plan, (readOnly, a) => {
    const records = startRecords(parts, readOnly);
    const initials = writeInitials(parts, readOnly, (memory) => ownerOfMemory({ parts, plan }, memory));
    pieces = {
      writeAll: a.label(),
      flush: a.label(),
      fill: a.label(),
      sleep: { decides: a.label(), over: a.label() },
      records,
      initials,
    };
    return createSystem(readOnly, pieces, { parts, plan }, options);
  });
  const compartments = emitCompartments(code);
  const entry = emitStart(code, pieces!, options);
  return finishCode(code, compartments, entry);
}

function startRecords(parts: LinkedParts, readOnly: ReadOnlyData): Records {
  const records = writeRecords({ ...parts, words: [] }, new Uint8Array(0));
  const at = readOnly.add(records.bytes);
  return { ...records, memories: at + records.memories, tables: at + records.tables };
}

function createSystem(
  readOnly: ReadOnlyData,
  { writeAll, flush, fill, sleep, records }: Pieces,
  code: Pick<Code, "parts" | "plan">,
  { leavesUsualPages = false }: ImageOptions,
): System {
  const replicated = replicatedMemory(code);
  return {
    stateBytes: IMAGE_STATE_BYTES,
    tickMs: TICK_MS,
    givesPagesWhenTouched: false,
    platform: {
      consoleWrite: (a) => emitConsoleWrite(a, writeAll),
      clockMonotonic: (a) => emitClock(a, Clock.Monotonic),
      clockRealtime: (a) => emitClock(a, Clock.Realtime),
      entropySeed: emitEntropy,
      idle: (a) => emitIdle(a, flush, sleep),
      netReceive: emitReceive,
      netTransmit: (a) => emitTransmit(a, flush),
      netTransmitPieces: (a) => emitTransmitPieces(a, flush),
      netAddress: emitNetAddress,
    },
    device: {},
    controlWrite: (a) => emitControlWrite(a, readOnly, writeAll),
    exit: (a) => emitLastWrites(a, flush),
    configurationText: (a) => {
      a.placeAddress(RSI, Place.State, CONFIGURATION);
      a.loadPlace(RDX, Place.State, ImageFixed.ConfigurationBytes);
      a.ret();
    },
    discardMemory: (a) => {
      if (replicated === undefined) emitDiscardMemory(a, records, fill);
      else emitRenewMemory(a, replicated, !leavesUsualPages);
    },
    discardTable: (a) => emitDiscardTable(a, records),
    memoryGrow: emitMemoryGrow,
    tableGrow: emitTableGrow,
  };
}

/** That of many compartments of one kind. */
function replicatedMemory(code: Pick<Code, "parts" | "plan">): LinkedMemory | undefined {
  return isReplicated(code.plan) ? code.parts.memories[compartmentMemory(code, 0)] : undefined;
}

/** The process's entry: its label. */
function emitStart(
  code: Code,
  pieces: Pieces,
  { isFiltered = true, forgetsAlarms = false }: ImageOptions,
): number {
  const { a, parts, plan, labels, readOnly } = code;
  const failed = a.label();
  const signals: SignalLabels = { fault: a.label(), tick: a.label(), alarm: a.label(), restorer: a.label() };
  const entry = begin(a);
  a.move(R15, RSP);
  emitMemories(a, parts, pieces.records, failed, SCRATCH);
  emitTables(a, parts, pieces.records, failed);
  emitStack(a, plan.kernel.stackBytes, failed, fixedRecord(code, "kernel"));
  if (isReplicated(plan)) emitReplicas(code, pieces.initials.extents[compartmentMemory(code, 0)]!, failed);
  else {
    plan.compartments.forEach(({ stackBytes }, compartment) => {
      emitStack(a, stackBytes, failed, fixedRecord(code, compartment));
    });
  }
  emitImageSignals(a, signals, failed);
  emitArguments(a, failed);
  emitFindClock(a, readOnly);
  emitNetStart(code, failed);
  if (isReplicated(plan)) emitOpenPageMap(a, readOnly);
  emitFillMemories(code, pieces.fill);
  a.call(labels.settle);
  emitSeal(code, failed);
  if (isFiltered) emitFilter(a, readOnly, plan, failed);
  a.jump(labels.boot);
  a.bind(failed);
  emitMessage(a, Place.ReadOnly, readOnly.addText(NO_RESOURCES), NO_RESOURCES.length);
  emitExit(a, NO_RESOURCES_STATUS);

  begin(a, pieces.writeAll);
  emitWriteAll(a);
  begin(a, pieces.flush);
  emitFlush(a);
  begin(a, pieces.fill);
  emitFillMemory(a, pieces.initials.records);
  emitHandlers(code, signals);
  emitAlarm(a, signals.alarm, pieces.sleep, forgetsAlarms);
  return entry;
}
