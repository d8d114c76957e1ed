/**
 * DHCP messages (RFC 2131 2, options of RFC 2132), as clients and servers of IPv4 over Ethernet need them.
 *
 *   0    1       2      3      4     8      10      12       16       20       24       28
 *   | op | htype | hlen | hops | xid | secs | flags | ciaddr | yiaddr | siaddr | giaddr | chaddr (16 bytes)
 *   44                 108              236             240
 *   | sname (64 bytes) | file (128)     | magic cookie  | options: code, length, value ... 255
 *
 * Options may also fill `file` and `sname` ("overload"). The first of repeated options counts.
 *
 * Tests: dhcpv4.test.ts
 */
import { load16be, load32be, store16be, store32be } from "../../memory/bytes";
import { loadHardwareAddress, storeHardwareAddress } from "./ethernet";

export const DHCP_CLIENT_PORT: u16 = 68;
export const DHCP_SERVER_PORT: u16 = 67;

const NAME: u32 = 44;
const FILE: u32 = 108;
const COOKIE: u32 = 236;
const OPTIONS: u32 = 240;
const MAGIC: u32 = 0x6382_5363;
/** Ethernet, addresses of 6 bytes. */
const HARDWARE: u16 = 0x0106;
const BROADCAST_FLAG: u16 = 0x8000;
/** Relays may drop what is shorter than BOOTP was (RFC 1542 2.1). */
const SHORTEST_MESSAGE: u32 = 300;

export const enum DhcpOperation {
  Request = 1,
  Reply = 2,
}

/** Option 53. */
export const enum DhcpMessage {
  None = 0,
  Discover = 1,
  Offer = 2,
  Request = 3,
  Decline = 4,
  Acknowledge = 5,
  Refuse = 6,
  Release = 7,
}

const enum Option {
  Pad = 0,
  SubnetMask = 1,
  Router = 3,
  NameServer = 6,
  RequestedAddress = 50,
  LeaseTime = 51,
  Overload = 52,
  MessageType = 53,
  ServerId = 54,
  ParameterList = 55,
  RenewalTime = 58,
  RebindingTime = 59,
  End = 255,
}

/** The fields used here. Zero stands for an absent option or address. */
@final
@unmanaged
export class DhcpRepr {
  hardware: u64;
  transactionId: u32;
  /** `ciaddr`: what the client has and can be reached at. */
  clientAddress: u32;
  /** `yiaddr`: what the server gives. */
  yourAddress: u32;
  serverId: u32;
  requestedAddress: u32;
  subnetMask: u32;
  router: u32;
  nameServer: u32;
  leaseSeconds: u32;
  renewalSeconds: u32;
  rebindingSeconds: u32;
  operation: DhcpOperation;
  message: DhcpMessage;
  /** The answer must be broadcast, as the client cannot yet take a unicast. */
  broadcast: bool;
}

/** Options whose value begins with a word that `DhcpRepr` keeps: code, place in it. */
// prettier-ignore
const WORD_OPTIONS: StaticArray<i32> = [
  Option.ServerId, <i32>offsetof<DhcpRepr>("serverId"),
  Option.RequestedAddress, <i32>offsetof<DhcpRepr>("requestedAddress"),
  Option.LeaseTime, <i32>offsetof<DhcpRepr>("leaseSeconds"),
  Option.RenewalTime, <i32>offsetof<DhcpRepr>("renewalSeconds"),
  Option.RebindingTime, <i32>offsetof<DhcpRepr>("rebindingSeconds"),
  Option.SubnetMask, <i32>offsetof<DhcpRepr>("subnetMask"),
  Option.Router, <i32>offsetof<DhcpRepr>("router"),
  Option.NameServer, <i32>offsetof<DhcpRepr>("nameServer"),
];

/** Room for a `DhcpRepr`. */
const DHCP_REPR_SIZE: usize = 64;

/** Sets every field to "absent". */
export function clearDhcp(repr: DhcpRepr): void {
  assert(offsetof<DhcpRepr>() <= DHCP_REPR_SIZE);
  memory.fill(changetype<usize>(repr), 0, offsetof<DhcpRepr>());
}

/** Reads a message into `repr`: false for what is not DHCP over Ethernet or has a broken option list. */
export function parseDhcp(pointer: usize, length: u32, repr: DhcpRepr): bool {
  if (length < OPTIONS || load32be(pointer, COOKIE) != MAGIC) return false;
  if (load16be(pointer, 1) != HARDWARE) return false;
  const operation = load<u8>(pointer);
  if (operation != DhcpOperation.Request && operation != DhcpOperation.Reply) return false;
  clearDhcp(repr);
  repr.operation = operation;
  repr.transactionId = load32be(pointer, 4);
  repr.broadcast = (load16be(pointer, 10) & BROADCAST_FLAG) != 0;
  repr.clientAddress = load32be(pointer, 12);
  repr.yourAddress = load32be(pointer, 16);
  repr.hardware = loadHardwareAddress(pointer + 28);
  const overload = parseOptions(pointer + OPTIONS, pointer + length, repr);
  if (overload < 0) return false;
  if ((overload & 1) != 0 && parseOptions(pointer + FILE, pointer + COOKIE, repr) < 0) return false;
  if ((overload & 2) != 0 && parseOptions(pointer + NAME, pointer + FILE, repr) < 0) return false;
  return repr.message != DhcpMessage.None;
}

/** The value of the overload option, or -1 where an option reaches past the end. */
function parseOptions(at: usize, end: usize, repr: DhcpRepr): i32 {
  let overload = 0;
  while (at < end) {
    const code = load<u8>(at);
    if (code == Option.End) break;
    if (code == Option.Pad) {
      at++;
      continue;
    }
    if (at + 2 > end) return -1;
    const size = <u32>load<u8>(at, 1);
    const value = at + 2;
    at = value + size;
    if (at > end) return -1;
    if (size == 1) {
      if (code == Option.MessageType) repr.message = load<u8>(value);
      if (code == Option.Overload) overload = load<u8>(value);
    } else if (size >= 4) {
      const field = fieldOf(code);
      if (field != 0 && load<u32>(changetype<usize>(repr) + field) == 0) {
        store<u32>(changetype<usize>(repr) + field, load32be(value));
      }
    }
  }
  return overload;
}

/** Where `DhcpRepr` keeps the first word of an option; 0: nowhere. */
function fieldOf(code: u8): usize {
  for (let row = 0; row < WORD_OPTIONS.length; row += 2) {
    if (WORD_OPTIONS[row] == <i32>code) return <usize>WORD_OPTIONS[row + 1];
  }
  return 0;
}

/** Writes the message: its length. A client's asks for what `DhcpRepr` can hold. */
export function emitDhcp(pointer: usize, repr: DhcpRepr): u32 {
  memory.fill(pointer, 0, SHORTEST_MESSAGE);
  store<u8>(pointer, <u8>repr.operation);
  store16be(pointer, HARDWARE, 1);
  store32be(pointer, repr.transactionId, 4);
  if (repr.broadcast) store16be(pointer, BROADCAST_FLAG, 10);
  store32be(pointer, repr.clientAddress, 12);
  store32be(pointer, repr.yourAddress, 16);
  storeHardwareAddress(pointer + 28, repr.hardware);
  store32be(pointer, MAGIC, COOKIE);
  let at = pointer + OPTIONS;
  store<u8>(at, Option.MessageType);
  store<u8>(at, 1, 1);
  store<u8>(at, <u8>repr.message, 2);
  at += 3;
  for (let row = 0; row < WORD_OPTIONS.length; row += 2) {
    const value = load<u32>(changetype<usize>(repr) + <usize>WORD_OPTIONS[row + 1]);
    at = emitWord(at, WORD_OPTIONS[row], value);
  }
  if (repr.operation == DhcpOperation.Request) at = emitParameterList(at);
  store<u8>(at, Option.End);
  return max(<u32>(at + 1 - pointer), SHORTEST_MESSAGE);
}

function emitWord(at: usize, code: i32, value: u32): usize {
  if (value == 0) return at;
  store<u8>(at, <u8>code);
  store<u8>(at, 4, 1);
  store32be(at, value, 2);
  return at + 6;
}

function emitParameterList(at: usize): usize {
  store<u8>(at, Option.ParameterList);
  store<u8>(at, 5, 1);
  store<u8>(at, Option.SubnetMask, 2);
  store<u8>(at, Option.Router, 3);
  store<u8>(at, Option.NameServer, 4);
  store<u8>(at, Option.RenewalTime, 5);
  store<u8>(at, Option.RebindingTime, 6);
  return at + 7;
}
