/** Makes a device's registers visible to the platform's code, a page at a time. */
import { BootInformation, KeelCall } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { RAX, RCX, RDI, RSI } from "../../x64/register.ts";
import { AND32, AND64, SHL64 } from "../../x64/tables/index.ts";
import { WindowNumber } from "./image.ts";
import type { KeelCalls } from "./keel-calls.ts";
import type { BareState } from "./state.ts";

const PAGE_BYTES = 4096;

/** rax: where the physical address `from` is seen. `from` is kept by calls. Changes what a keel call may. */
export function emitMapDevice(a: Shorthand, state: BareState, keel: KeelCalls, from: number): void {
  a.move(RDI, from);
  a.ri(AND64.rmImm32, RDI, -PAGE_BYTES);
  a.loadPlace(RSI, Place.State, state.devicePages);
  keel.call(a, KeelCall.MapDevice);
  a.loadPlace(RCX, Place.State, state.devicePages);
  a.loadPlace(RAX, Place.State, state.information);
  a.load(RAX, RAX, BootInformation.Windows + WindowNumber.Devices * 8);
  a.move(RSI, RCX);
  a.ri(SHL64.imm8, RSI, 12);
  a.add(RAX, RSI);
  a.addConstant(RCX, 1);
  a.storePlace(Place.State, state.devicePages, RCX);
  a.move(RCX, from);
  a.ri(AND32.rmImm32, RCX, PAGE_BYTES - 1);
  a.add(RAX, RCX);
}
