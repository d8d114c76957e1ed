/**
 * The network device that the configuration names, opened before the process gives up the calls for that.
 *
 *   net.socket=3                     a stream socket, inherited
 *   net.offload=1                    its other end makes checksums and cuts segments for us, and leaves both to us: virtio's
 *                                    header stands before each frame, as it does for a TAP device
 *   net.tap=NAME                     a TAP device, opened here and put at descriptor 3; the system makes checksums and
 *                                    cuts segments for us, and leaves both to us
 *   net.hardwareAddress=02:53:...    of the network card; without it one that is always the same
 *
 * Source: Linux, Documentation/networking/tuntap.rst
 */
import { NetDevice, OFFLOAD_HEADER_BYTES } from "../../abi/net.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R12, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { CMP32, MOV16, MOV64, MOV8, MOVZX8TO32, OR32, SHL32 } from "../../x64/tables/index.ts";
import { storeState, type Code } from "../compartment/code.ts";
import { loadKey } from "../compartment/settle.ts";
import { ImageFixed, NET_DESCRIPTOR, NetKind, SCRATCH } from "./image-state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall } from "./system-call.ts";

const TUN_FILE = "/dev/net/tun\0";
/** O_RDWR | O_NONBLOCK | O_CLOEXEC. */
const OPEN_FLAGS = 2 | 0o4000 | 0o2000000;
const TUNSETIFF = 0x4004_54ca;
const TUNSETOFFLOAD = 0x4004_54d0;
const TUNSETVNETHDRSZ = 0x4004_54d8;
/** IFF_TAP | IFF_NO_PI | IFF_VNET_HDR. */
const TAP_FLAGS = 2 | 0x1000 | 0x4000;
/** TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6: what the system need not do before it gives us a frame. */
const OFFLOADS = 1 | 2 | 4;
/** struct ifreq: the name, 16 bytes with its end, then u16 flags. */
const NAME_BYTES = 16;
const REQUEST_BYTES = 40;

const HARDWARE_ADDRESS = [0x02, 0x53, 0x4b, 0x00, 0x00, 0x0f];

/** Changes r12 and what a call may. */
export function emitNetStart(code: Code, failed: number): void {
  const { a } = code;
  const [isPlain, noSocket, noTap] = [a.label(), a.label(), a.label()];
  emitHardwareAddress(code);
  emitFind(code, "net.socket=");
  a.branch(Condition.Equal, noSocket);
  storeState(a, ImageFixed.Net, NetKind.Socket);
  storeState(a, ImageFixed.NetDevice, NetDevice.Plain);
  emitFind(code, "net.offload=");
  a.branch(Condition.Equal, isPlain);
  storeState(a, ImageFixed.NetDevice, NetDevice.Offloading);
  a.bind(isPlain);
  a.bind(noSocket);
  emitFind(code, "net.tap=");
  a.branch(Condition.Equal, noTap);
  emitTap(code, failed);
  storeState(a, ImageFixed.Net, NetKind.Tap);
  storeState(a, ImageFixed.NetDevice, NetDevice.Offloading);
  a.bind(noTap);
}

/** rsi: the value behind `key`, r10: end of the text; equal: there is none. */
function emitFind(code: Code, key: string): void {
  const { a, labels } = code;
  a.call(labels.configurationText);
  loadKey(code, key);
  a.call(labels.configurationFind);
  a.test(RSI);
}

function emitHardwareAddress(code: Code): void {
  const { a } = code;
  const [byte, digit, letter, read, done] = [a.label(), a.label(), a.label(), a.label(), a.label()];
  const view = new DataView(Uint8Array.from([...HARDWARE_ADDRESS, 0, 0]).buffer);
  a.ri64(MOV64.regImm64, RAX, view.getInt32(0, true), view.getInt32(4, true));
  a.storePlace(Place.State, ImageFixed.HardwareAddress, RAX);
  emitFind(code, "net.hardwareAddress=");
  a.branch(Condition.Equal, done);
  a.placeAddress(RDI, Place.State, ImageFixed.HardwareAddress);
  a.set(RCX, HARDWARE_ADDRESS.length);
  a.bind(byte);
  a.set(R9, 0);
  a.set(R8, 2);
  a.bind(digit);
  a.compare(RSI, R10);
  a.branch(Condition.AboveOrEqual, done);
  a.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  a.addConstant(RSI, 1);
  a.ri(CMP32.rmImm32, RAX, "9".charCodeAt(0));
  a.branch(Condition.Above, letter);
  a.addConstant(RAX, -"0".charCodeAt(0));
  a.jump(read);
  a.bind(letter);
  a.ri(OR32.rmImm32, RAX, 0x20); // to lower case
  a.addConstant(RAX, 10 - "a".charCodeAt(0));
  a.bind(read);
  a.compareConstant(RAX, 15);
  a.branch(Condition.Above, done);
  a.ri(SHL32.imm8, R9, 4);
  a.rr(OR32.regRm, R9, RAX);
  a.addConstant(R8, -1);
  a.branch(Condition.NotEqual, digit);
  a.rm(MOV8.rmReg, R9, RDI, ABSENT, 1, 0);
  a.addConstant(RDI, 1);
  a.addConstant(RSI, 1); // the colon
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, byte);
  a.bind(done);
}

/** rsi: the device's name, up to its line's end. */
function emitTap(code: Code, failed: number): void {
  const { a, readOnly } = code;
  const [next, named, placed] = [a.label(), a.label(), a.label()];
  a.placeAddress(RDI, Place.State, SCRATCH);
  a.set(RAX, 0);
  for (let at = 0; at < REQUEST_BYTES; at += 8) a.store(RDI, at, RAX);
  a.set(RCX, 0);
  a.bind(next);
  a.rm(MOVZX8TO32, RAX, RSI, RCX, 1, 0);
  a.compareConstant(RAX, "\n".charCodeAt(0));
  a.branch(Condition.Equal, named);
  a.compareConstant(RCX, NAME_BYTES - 1);
  a.branch(Condition.AboveOrEqual, failed);
  a.rm(MOV8.rmReg, RAX, RDI, RCX, 1, 0);
  a.addConstant(RCX, 1);
  a.jump(next);
  a.bind(named);
  a.rmi(MOV16.rmImm16, 0, RDI, ABSENT, 1, NAME_BYTES, TAP_FLAGS);

  a.placeAddress(RDI, Place.ReadOnly, readOnly.addText(TUN_FILE));
  a.set(RSI, OPEN_FLAGS);
  a.set(RDX, 0);
  emitSystemCall(a, SystemCall.Open);
  emitErrorCheck(a, failed);
  a.move(R12, RAX);
  a.move(RDI, RAX);
  a.set(RSI, TUNSETIFF);
  a.placeAddress(RDX, Place.State, SCRATCH);
  emitSystemCall(a, SystemCall.Ioctl);
  emitErrorCheck(a, failed);
  a.placeAddress(RDX, Place.State, SCRATCH);
  a.set(RAX, OFFLOAD_HEADER_BYTES);
  a.store(RDX, 0, RAX);
  a.move(RDI, R12);
  a.set(RSI, TUNSETVNETHDRSZ);
  emitSystemCall(a, SystemCall.Ioctl);
  emitErrorCheck(a, failed);
  a.move(RDI, R12);
  a.set(RSI, TUNSETOFFLOAD);
  a.set(RDX, OFFLOADS);
  emitSystemCall(a, SystemCall.Ioctl);
  emitErrorCheck(a, failed);
  a.compareConstant(R12, NET_DESCRIPTOR);
  a.branch(Condition.Equal, placed);
  a.move(RDI, R12);
  a.set(RSI, NET_DESCRIPTOR);
  emitSystemCall(a, SystemCall.Dup2);
  emitErrorCheck(a, failed);
  a.move(RDI, R12);
  emitSystemCall(a, SystemCall.Close);
  a.bind(placed);
}
