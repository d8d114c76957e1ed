/**
 * From the keel's entry into ring 3 to the program: where everything is, who hears of faults, what devices there are.
 *
 * Runs on the kernel's stack. When it is over, what it wrote cannot be written any more, and no device can be added.
 */
import { BootInformation, KeelCall } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { LEA64 } from "../../x64/tables/index.ts";
import { Condition, R12, R13, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { compareState, fixedRecord } from "../compartment/code.ts";
import { FIXED_BYTES, RECORD_BYTES, StackBounds, type RecordPlaces } from "../compartment/state.ts";
import { emitRealtimeStart } from "./clock.ts";
import { emitFindDevices } from "./command-line.ts";
import { emitFindPciDevices } from "./pci-bus.ts";
import { STACK_GUARD_BYTES, WINDOWS_PER_REPLICA, type WindowNumbers } from "./image.ts";
import type { KeelCalls } from "./keel-calls.ts";
import type { BareState } from "./state.ts";

export interface StartStack {
  readonly who: number | "kernel";
  readonly sizeBytes: number;
}

export interface StartOptions {
  readonly state: BareState;
  readonly windows: WindowNumbers;
  readonly memories: number;
  readonly tables: number;
  readonly stacks: readonly StartStack[];
  readonly hasDevices: boolean;
  readonly isTimed: boolean;
  readonly upcall: number;
  readonly records: RecordPlaces;
  /** Compartments of one kind beside the first, whose memory is this one. */
  readonly replicas: number;
  readonly memory: number;
}

/** rdi: the boot information. Falls through to what comes after start-up. */
export function emitStart(a: Shorthand, keel: KeelCalls, options: StartOptions): void {
  const { state, windows, stacks } = options;
  a.storePlace(Place.State, state.information, RDI);
  a.move(RSI, RDI);
  const window = (number: number) => BootInformation.Windows + number * 8;
  for (let memory = 0; memory < options.memories; memory++) {
    a.load(RAX, RSI, window(windows.memories + memory));
    a.storePlace(Place.MemoryBases, memory * 8, RAX);
  }
  for (let table = 0; table < options.tables; table++) {
    a.load(RAX, RSI, window(windows.tables + table));
    a.storePlace(Place.TableAddresses, table * 8, RAX);
  }
  stacks.forEach(({ who, sizeBytes }, number) => {
    const record = fixedRecord(options, who);
    a.load(RAX, RSI, window(windows.stacks + number));
    a.storePlace(Place.State, record + StackBounds.Start, RAX);
    a.address(RCX, RAX, -STACK_GUARD_BYTES);
    a.storePlace(Place.State, record + StackBounds.Guard, RCX);
    a.address(RCX, RAX, sizeBytes);
    a.storePlace(Place.State, record + StackBounds.End, RCX);
  });
  if (options.replicas > 0) emitReplicas(a, keel, options);
  a.placeAddress(RDI, Place.State, state.upcallFrame);
  a.ripLabel(LEA64, RSI, options.upcall);
  a.placeAddress(RDX, Place.State, state.upcallStackEnd);
  keel.call(a, KeelCall.SetUpcall);
  if (options.isTimed) emitRealtimeStart(a, state);
  if (options.hasDevices) {
    const found = a.label();
    emitFindDevices(a, state, keel);
    compareState(a, state.deviceCount, 0);
    a.branch(Condition.NotEqual, found);
    emitFindPciDevices(a, state, keel);
    a.bind(found);
  }
}

/** Asks where the memories and stacks of all compartments of the one kind are. */
function emitReplicas(a: Shorthand, keel: KeelCalls, options: StartOptions): void {
  const { windows, stacks, records, replicas } = options;
  const next = a.label();
  const { fixed } = records;
  const { sizeBytes } = stacks.find(({ who }) => who === 0)!;
  a.load(RAX, RSI, BootInformation.Windows + windows.initialView * 8);
  a.storePlace(Place.State, options.state.initialView, RAX);
  a.loadPlace(RAX, Place.MemoryBases, options.memory * 8);
  a.storePlace(Place.State, fixed + StackBounds.Memory, RAX);
  a.placeAddress(R12, Place.State, RECORD_BYTES);
  a.set(R13, windows.end);
  a.bind(next);
  a.move(RDI, R13);
  keel.call(a, KeelCall.CountPages);
  a.store(R12, fixed + StackBounds.Memory, RDX);
  a.address(RDI, R13, 1);
  keel.call(a, KeelCall.CountPages);
  a.store(R12, fixed + StackBounds.Start, RDX);
  a.address(RCX, RDX, -STACK_GUARD_BYTES);
  a.store(R12, fixed + StackBounds.Guard, RCX);
  a.address(RCX, RDX, sizeBytes);
  a.store(R12, fixed + StackBounds.End, RCX);
  a.addConstant(R12, RECORD_BYTES);
  a.addConstant(R13, WINDOWS_PER_REPLICA);
  a.compareConstant(R13, windows.end + replicas * WINDOWS_PER_REPLICA);
  a.branch(Condition.Below, next);
}

/** Ends set-up, and arms the first time slice. */
export function emitSeal(a: Shorthand, keel: KeelCalls, records: RecordPlaces): void {
  // A sleep that is over at once: from here on a program that never sleeps is interrupted, too.
  a.set(RDI, 0);
  keel.call(a, KeelCall.Idle);
  a.placeAddress(RDI, Place.MemoryBases);
  a.placeAddress(RSI, Place.State, FIXED_BYTES);
  a.subtract(RSI, RDI);
  keel.call(a, KeelCall.Seal);
  if (records.sealedBytes === 0) return;
  a.placeAddress(RDI, Place.State, records.fixed);
  a.set(RSI, records.sealedBytes);
  keel.call(a, KeelCall.Seal);
}
