/**
 * The `ip` service: reads who this machine is, takes frames from the cable, tells the app when it has an address.
 *
 * A frame is parsed where the device put it, and its place given back before the next is taken.
 */
import { AppEntry } from "../../../abi/entry";
import { Status } from "../../../abi/status";
import { compartments, isIsolated, stateOf } from "../../app/compartments";
import { enterOwner } from "../../app/enter";
import { find, valueLength, valuePointer } from "../../configuration";
import { copyOut } from "../../cpu/compartment";
import { panic } from "../../cpu/panic";
import { store64be } from "../../memory/bytes";
import { mapIpv4 } from "../layer";
import { parseIpv4Network, parseIpv4Text } from "../wire/ipv4-text";
import { addressSource, localAddress, setAcceptAny, setAddress } from "./address";
import { receiveEthernet } from "./input";
import { flushBacklog, receivedFrame, receiveFrame, releaseFrame, startLink } from "./link";
import { startNeighbours } from "./neighbour";
import { startReassembly } from "./reassembly";
import { globalHigh, globalLow } from "./version6";

/** Frames taken in one poll, so that a flood leaves time for the rest of the turn. */
const FRAMES_PER_POLL: u32 = 64;
const ADDRESS_SIZE: u32 = 16;

const scratch: usize = memory.data(16, 8);

let connected: bool = false;
let sourceBegun: bool = false;
/** What the app has been told of, as `identity` has it; 0: nothing. */
let announced: u64 = 0;

export function start(): void {
  connected = startLink();
  startNeighbours();
  startReassembly();
  setAcceptAny(isGatewayMode());
  if (!find("net.address")) return;
  const network = parseIpv4Network(valuePointer, valueLength);
  if (network < 0) panic("configuration: net.address is not of the form A.B.C.D/N");
  setAddress(
    <u32>network,
    <u32>(network >> 32),
    configuredAddress("net.gateway"),
    configuredAddress("net.dns"),
  );
}

/** Takes frames and news: whether there were any. */
export function poll(): bool {
  if (!connected) return false;
  let worked = flushBacklog();
  if (!sourceBegun) beginSource();
  for (let taken: u32 = 0; taken < FRAMES_PER_POLL; taken++) {
    const length = receiveFrame();
    if (length == 0) break;
    receiveEthernet(receivedFrame(), length);
    releaseFrame();
    worked = true;
  }
  return announce() || worked;
}

/** The app is gone: the next one is told of the address anew. Of many each can ask, and those that live are told. */
export function release(_who: u32): void {
  if (!isIsolated()) announced = 0;
}

/** This machine's address: IPv4-mapped, or, where it has only that, its global IPv6 address. */
export function address(appPointer: usize, length: u32): i32 {
  if (length < ADDRESS_SIZE) return Status.Invalid;
  const low = identity();
  if (low == 0) return Status.Missing;
  store64be(scratch, localAddress() != 0 ? 0 : globalHigh());
  store64be(scratch, low, 8);
  copyOut(appPointer, scratch, ADDRESS_SIZE);
  return Status.Ok;
}

/** Without a static address, whoever registered to find one is told to. */
function beginSource(): void {
  sourceBegun = true;
  const source = addressSource();
  if (localAddress() == 0 && source != null) source.begin();
}

/** Enters the app each time the machine comes to an address that it did not have before. */
function announce(): bool {
  const current = identity();
  if (current == announced) return false;
  announced = current;
  if (current == 0) return true;
  for (let who: u32 = 0; who < compartments(); who++) {
    if (stateOf(who).begun) enterOwner(who, AppEntry.NetworkUp);
  }
  return true;
}

/** Low half of the address that this machine goes by; 0: it has none. */
function identity(): u64 {
  const address = localAddress();
  return address != 0 ? mapIpv4(address) : globalLow();
}

/** `net.mode=gateway`. */
function isGatewayMode(): bool {
  const mode = "gateway";
  if (!find("net.mode") || valueLength != <u32>mode.length) return false;
  for (let index = 0; index < mode.length; index++) {
    if (load<u8>(valuePointer + index) != <u8>mode.charCodeAt(index)) return false;
  }
  return true;
}

function configuredAddress(key: string): u32 {
  if (!find(key)) return 0;
  const value = parseIpv4Text(valuePointer, valueLength);
  if (value < 0) panic("configuration: net.gateway or net.dns is not of the form A.B.C.D");
  return <u32>value;
}
