/**
 * What the machine may begin to talk to: grants, as the boot configuration (`net.allow=GRANT`, a line each) and the
 * image itself declare them. Read once, before the first question, into a table of fixed size.
 *
 *   [tcp:|udp:]HOST:PORTS     HOST   192.0.2.7   192.0.2.0/24   [2001:db8::/32]   api.example.com   *.example.com   *
 *                             PORTS  443   8000-8099   *
 *
 * A grant that cannot be read ends the machine: with what it was meant to say unknown, nothing is safe.
 *
 * Owns:   the table. Names stay where they were read from.
 * Tests:  policy.test.ts, agreement.test.ts
 */
import { nextWithPrefix, valueLength, valuePointer } from "../../configuration";
import { panic } from "../../cpu/panic";
import { isIpv4, mapIpv4, PROTOCOL_TCP, PROTOCOL_UDP } from "../layer";
import { emitName, equalsText, skipLabel } from "../wire/dns-name";
import { parseIpv4Network, parseIpv4Text } from "../wire/ipv4-text";
import { isWithin } from "../wire/ipv6";
import { parseIpv6Network, parseIpv6Text, textHigh, textLow, textPrefix } from "../wire/ipv6-text";

const GRANT_LIMIT: u32 = 64;

const COLON: u8 = 0x3a;
const DASH: u8 = 0x2d;
const DOT: u8 = 0x2e;
const STAR: u8 = 0x2a;
const OPENING: u8 = 0x5b;
const CLOSING: u8 = 0x5d;
const LINE_END: u8 = 0x0a;
/** "tcp:" and "udp:", as bytes in memory. */
const TCP: u32 = 0x3a70_6374;
const UDP: u32 = 0x3a70_6475;
const LAST_PORT: u32 = 65535;
/** Bits before an IPv4 address that stands mapped in an IPv6 one. */
const MAPPED_BITS: u32 = 96;

@final
@unmanaged
export class Grant {
  /** A network, IPv4 mapped; or, where `nameLength` is not 0, a name as text. */
  high: u64;
  low: u64;
  prefix: u32;
  nameLength: u32;
  name: usize;
  firstPort: u16;
  lastPort: u16;
  /** 0: both. */
  protocol: u8;
  /** `name` stands for all names that have more labels before it. */
  isWild: bool;
  /** `*`: every network of both versions, and every name. */
  isAny: bool;
  /** A network of IPv6. */
  isSix: bool;

  takes(protocol: u8, port: u16): bool {
    return (
      (this.protocol == 0 || this.protocol == protocol) && port >= this.firstPort && port <= this.lastPort
    );
  }

  /** Whether an address is in its network; IPv4's are in none of IPv6's, though they stand among its numbers. */
  holds(high: u64, low: u64): bool {
    if (this.isSix && isIpv4(high, low)) return false;
    return isWithin(high, low, this.high, this.low, this.prefix);
  }

  /** Whether a name in wire form may be asked for: a grant for all networks opens them all. */
  covers(name: usize): bool {
    if (this.nameLength == 0) return this.isAny;
    if (!this.isWild) return equalsText(name, this.name, this.nameLength);
    for (let rest = skipLabel(name); rest != 0; rest = skipLabel(rest)) {
      if (equalsText(rest, this.name, this.nameLength)) return true;
    }
    return false;
  }
}

const GRANT_SIZE: usize = 40;
if (offsetof<Grant>() > GRANT_SIZE) ERROR("a grant fits its place");

const table: usize = memory.data(2560, 8); // GRANT_LIMIT * GRANT_SIZE
const wireName: usize = memory.data(256, 8);
let count: u32 = 0;
let isRead: bool = false;
let declared: usize = 0;
let declaredLength: u32 = 0;

/** Grants that are part of the image: lines that stay where they are. Before the first question. */
export function declareGrants(text: usize, length: u32): void {
  declared = text;
  declaredLength = length;
}

export function grantCount(): u32 {
  if (!isRead) readAll();
  return count;
}

export function grantAt(index: u32): Grant {
  return changetype<Grant>(table + <usize>index * GRANT_SIZE);
}

function readAll(): void {
  isRead = true;
  for (let line = nextWithPrefix(0, "net.allow="); line != 0; line = nextWithPrefix(line, "net.allow=")) {
    add(valuePointer, valuePointer + valueLength);
  }
  const end = declared + declaredLength;
  for (let line = declared; line < end;) {
    let stop = line;
    while (stop < end && load<u8>(stop) != LINE_END) stop++;
    add(line, stop);
    line = stop + 1;
  }
}

function add(at: usize, end: usize): void {
  if (count == GRANT_LIMIT)
    panic("network policy: more than 64 grants; allow networks or *.names in place of many");
  if (!parse(grantAt(count), at, end)) {
    panic("network policy: a grant (net.allow) is not of the form [tcp:|udp:]HOST:PORTS");
  }
  count++;
}

function parse(grant: Grant, at: usize, end: usize): bool {
  let colon = end;
  do {
    if (colon == at) return false;
    colon--;
  } while (load<u8>(colon) != COLON);
  grant.protocol = 0;
  if (colon - at > 4) {
    const word = load<u32>(at);
    if (word == TCP) grant.protocol = PROTOCOL_TCP;
    else if (word == UDP) grant.protocol = PROTOCOL_UDP;
    if (grant.protocol != 0) at += 4;
  }
  return parsePorts(grant, colon + 1, end) && parseHost(grant, at, colon);
}

function parsePorts(grant: Grant, at: usize, end: usize): bool {
  if (end - at == 1 && load<u8>(at) == STAR) {
    grant.firstPort = 1;
    grant.lastPort = <u16>LAST_PORT;
    return true;
  }
  let dash = at;
  while (dash < end && load<u8>(dash) != DASH) dash++;
  const first = parsePort(at, dash);
  const last = dash == end ? first : parsePort(dash + 1, end);
  grant.firstPort = <u16>first;
  grant.lastPort = <u16>last;
  return first != 0 && last >= first;
}

/** 0 for what is no port. */
function parsePort(at: usize, end: usize): u32 {
  if (end <= at || end - at > 5) return 0;
  let number: u32 = 0;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return 0;
    number = number * 10 + digit;
  }
  return number <= LAST_PORT ? number : 0;
}

function parseHost(grant: Grant, at: usize, end: usize): bool {
  const length = <u32>(end - at);
  grant.nameLength = 0;
  if (length == 0) return false;
  grant.isAny = length == 1 && load<u8>(at) == STAR;
  if (grant.isAny) return setNetwork(grant, 0, 0, 0);
  grant.isSix = load<u8>(at) == OPENING;
  if (grant.isSix) {
    if (length < 3 || load<u8>(end - 1) != CLOSING) return false;
    if (parseIpv6Text(at + 1, length - 2)) return setNetwork(grant, textHigh, textLow, 128);
    return parseIpv6Network(at + 1, length - 2) && setNetwork(grant, textHigh, textLow, textPrefix);
  }
  const address = parseIpv4Text(at, length);
  if (address >= 0) return setNetwork(grant, 0, mapIpv4(<u32>address), 128);
  const network = parseIpv4Network(at, length);
  if (network >= 0) return setNetwork(grant, 0, mapIpv4(<u32>network), MAPPED_BITS + <u32>(network >> 32));
  return parsePattern(grant, at, length);
}

function setNetwork(grant: Grant, high: u64, low: u64, prefix: u32): bool {
  grant.high = high;
  grant.low = low;
  grant.prefix = prefix;
  return true;
}

function parsePattern(grant: Grant, at: usize, length: u32): bool {
  grant.isWild = length > 2 && load<u8>(at) == STAR && load<u8>(at + 1) == DOT;
  if (grant.isWild) {
    at += 2;
    length -= 2;
  }
  // A last label of digits is a mistyped address, never a name (RFC 3696 2).
  let last = at + length;
  let digits = true;
  while (last > at && load<u8>(last - 1) != DOT) {
    last--;
    if (<u32>load<u8>(last) - 0x30 > 9) digits = false;
  }
  if (digits || emitName(wireName, at, length) == 0) return false;
  grant.name = at;
  grant.nameLength = length;
  return true;
}
