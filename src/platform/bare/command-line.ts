/**
 * Finds devices on the kernel command line, as VMMs give them: `virtio_mmio.device=SIZE@0xADDRESS:INTERRUPT[:ID]`
 * (linux/drivers/virtio/virtio_mmio.c). Maps each one's page and opens its interrupt.
 *
 * The command line is the VMM's; what cannot be read is passed over.
 */
import { BootInformation, KeelCall } from "../../abi/boot.ts";
import { DEVICES_LIMIT } from "../../abi/platform.ts";
import { Register } from "../../abi/virtio.ts";
import { DEVICE_PAGES } from "../../keel/layout.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R12, R13, R14, R15, RAX, RBP, RCX, RDI, RDX } from "../../x64/register.ts";
import { AND32, CMP64, CMP8, IMUL64, LEA64, MOV64, MOVZX8TO32, OR64, SHL64 } from "../../x64/tables/index.ts";
import type { KeelCalls } from "./keel-calls.ts";
import { emitMapDevice } from "./device-window.ts";
import { Device, type BareState } from "./state.ts";

const NAME = "virtio_mmio.device=";
const MAGIC = 0x7472_6976; // "virt" (4.2.2)

/** Where the start-up code continues after all devices. Changes every register but rbx and rsp. */
export function emitFindDevices(a: Shorthand, state: BareState, keel: KeelCalls): void {
  const [next, name, digits, done, found] = [a.label(), a.label(), a.label(), a.label(), a.label()];
  a.loadPlace(R12, Place.State, state.information);
  a.load(R13, R12, BootInformation.CommandLineBytes);
  a.addConstant(R12, BootInformation.CommandLine);
  a.add(R13, R12); // its end; a zero stands there
  a.bind(next);
  a.address(RAX, R12, NAME.length);
  a.compare(RAX, R13);
  a.branch(Condition.AboveOrEqual, done);
  // The name's first, second and last eight characters.
  for (const at of [0, 8, NAME.length - 8]) {
    a.ri64(MOV64.regImm64, RAX, ...wordOf(NAME.slice(at, at + 8)));
    a.rm(CMP64.regRm, RAX, R12, ABSENT, 1, at);
    a.branch(Condition.NotEqual, name);
  }
  a.addConstant(R12, NAME.length);
  a.jump(found);
  a.bind(name);
  a.addConstant(R12, 1);
  a.jump(next);

  a.bind(found);
  emitAddress(a, R13, next, digits);
  emitInterrupt(a, next);
  emitDevice(a, state, next, keel);
  a.jump(next);
  a.bind(done);
}

function wordOf(text: string): [low: number, high: number] {
  const view = new DataView(new TextEncoder().encode(text).buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

/** r12: behind the `=`. Passes `SIZE@0x`, reads hexadecimal digits and the `:` behind them: r14. */
function emitAddress(a: Shorthand, end: number, next: number, digits: number): void {
  const at = a.label();
  const letter = a.label();
  const digit = a.label();
  const read = a.label();
  a.bind(at);
  a.compare(R12, end);
  a.branch(Condition.AboveOrEqual, next);
  a.rm(MOVZX8TO32, RAX, R12, ABSENT, 1, 0);
  a.addConstant(R12, 1);
  a.compareConstant(RAX, " ".charCodeAt(0));
  a.branch(Condition.Equal, next);
  a.compareConstant(RAX, "@".charCodeAt(0));
  a.branch(Condition.NotEqual, at);
  a.addConstant(R12, 2); // 0x
  a.set(R14, 0);
  a.bind(digits);
  a.rm(MOVZX8TO32, RAX, R12, ABSENT, 1, 0);
  a.ri(CMP8.rmImm8, RAX, "9".charCodeAt(0));
  a.branch(Condition.Above, letter);
  a.addConstant(RAX, -"0".charCodeAt(0));
  a.branch(Condition.Below, digit); // carried: not below "0"
  a.jump(read);
  a.bind(letter);
  a.ri(AND32.rmImm32, RAX, ~0x20); // to upper case
  a.addConstant(RAX, 10 - "A".charCodeAt(0));
  a.compareConstant(RAX, 15);
  a.branch(Condition.Above, read);
  a.bind(digit);
  a.ri(SHL64.imm8, R14, 4);
  a.rr(OR64.regRm, R14, RAX);
  a.addConstant(R12, 1);
  a.jump(digits);
  a.bind(read);
}

/** r12: at the `:`. r15: the decimal number behind it. */
function emitInterrupt(a: Shorthand, next: number): void {
  const digit = a.label();
  const read = a.label();
  a.rm(MOVZX8TO32, RAX, R12, ABSENT, 1, 0);
  a.compareConstant(RAX, ":".charCodeAt(0));
  a.branch(Condition.NotEqual, next);
  a.addConstant(R12, 1);
  a.set(R15, 0);
  a.bind(digit);
  a.rm(MOVZX8TO32, RAX, R12, ABSENT, 1, 0);
  a.rm(LEA64, RAX, RAX, ABSENT, 1, -"0".charCodeAt(0));
  a.compareConstant(RAX, 9);
  a.branch(Condition.Above, read);
  a.rri(IMUL64.regRmImm8, R15, R15, 10);
  a.add(R15, RAX);
  a.addConstant(R12, 1);
  a.jump(digit);
  a.bind(read);
}

/** r14: address, r15: interrupt. Every device gets a mapping of its own, though several may lie in one page. */
function emitDevice(a: Shorthand, state: BareState, next: number, keel: KeelCalls): void {
  a.loadPlace(RBP, Place.State, state.deviceCount);
  a.compareConstant(RBP, DEVICES_LIMIT);
  a.branch(Condition.AboveOrEqual, next);
  a.loadPlace(RAX, Place.State, state.devicePages);
  a.compareConstant(RAX, DEVICE_PAGES);
  a.branch(Condition.AboveOrEqual, next);
  emitMapDevice(a, state, keel, R14);
  a.load32(RCX, RAX);
  a.compareConstant(RCX, MAGIC);
  a.branch(Condition.NotEqual, next);
  a.rri(IMUL64.regRmImm8, RDX, RBP, Device.Bytes);
  a.placeAddress(RCX, Place.State, state.devices);
  a.add(RDX, RCX);
  a.store(RDX, Device.Registers, RAX);
  a.load32(RCX, RAX, Register.DeviceId);
  a.store(RDX, Device.Id, RCX);
  a.addConstant(RAX, Register.Configuration);
  a.store(RDX, Device.Configuration, RAX);
  a.addConstant(RBP, 1);
  a.storePlace(Place.State, state.deviceCount, RBP);
  a.move(RDI, R15);
  keel.call(a, KeelCall.OpenInterrupt);
}
