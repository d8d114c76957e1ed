/** What compartments need of a machine: the keel's calls, the processor's clock and random numbers, virtio devices. */
import { BootInformation, ConsoleStream, KeelCall } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import { Condition, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { LEA64 } from "../../x64/tables/index.ts";
import type { System } from "../compartment/system.ts";
import { emitTableGrow } from "../compartment/table-grow.ts";
import { emitMonotonic, emitRealtime } from "./clock.ts";
import { DEVICE_FUNCTIONS, type DeviceCode } from "./devices.ts";
import { emitEntropySeed } from "./entropy.ts";
import { emitMemoryGrow } from "./grow.ts";
import { WINDOWS_PER_REPLICA, type WindowNumbers } from "./image.ts";
import type { KeelCalls } from "./keel-calls.ts";
import { emitRenewMemory, type Renewed } from "./renewal.ts";

/** The keel's time slice. */
const TICK_MS = 100;

export function bareSystem(
  device: DeviceCode,
  windows: WindowNumbers,
  keel: KeelCalls,
  stateBytes: number,
  renewed: Renewed | undefined,
): System {
  const { state } = device;
  const discard = (a: Shorthand, first: number): void => {
    a.addConstant(RDI, first);
    keel.leave(a, KeelCall.Discard);
  };
  return {
    stateBytes,
    tickMs: TICK_MS,
    givesPagesWhenTouched: true,
    platform: {
      consoleWrite: (a) => keel.leave(a, KeelCall.ConsoleWrite),
      clockMonotonic: (a) => {
        emitMonotonic(a, state);
        a.ret();
      },
      clockRealtime: (a) => {
        emitRealtime(a, state);
        a.ret();
      },
      entropySeed: (a) => emitEntropySeed(a, state),
      idle: (a) => keel.leave(a, KeelCall.Idle),
    },
    device: Object.fromEntries(
      Object.entries(DEVICE_FUNCTIONS).map(([name, emit]) => [name, (a) => emit(a, device)]),
    ),
    controlWrite: (a) => {
      a.set(RDI, ConsoleStream.Control);
      keel.leave(a, KeelCall.ConsoleWrite);
    },
    exit: (a) => keel.leave(a, KeelCall.Exit),
    configurationText: (a) => {
      a.loadPlace(RAX, Place.State, state.information);
      a.load(RSI, RAX, BootInformation.ConfigurationAddress);
      a.load(RDX, RAX, BootInformation.ConfigurationBytes);
      a.ret();
    },
    discardMemory: (a) => {
      if (renewed === undefined) {
        discard(a, windows.memories);
        return;
      }
      const [first, found] = a.labels(2);
      a.test(RDX);
      a.branch(Condition.Equal, first);
      a.rm(LEA64, RDI, RDX, RDX, 1, windows.end - WINDOWS_PER_REPLICA);
      a.jump(found);
      a.bind(first);
      a.addConstant(RDI, windows.memories);
      a.bind(found);
      emitRenewMemory(a, keel, state, renewed);
    },
    discardTable: (a) => discard(a, windows.tables),
    memoryGrow: emitMemoryGrow,
    tableGrow: emitTableGrow,
  };
}
