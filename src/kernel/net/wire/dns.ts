/**
 * DNS messages (RFC 1035 4.1): a query with one question, and the reading of answers.
 *
 *   0    2       4         6         8           10           12
 *   | id | flags | queries | answers | authority | additional | question: name type class | records ...
 *   a record: | name | type 2 | class 2 | ttl 4 | length 2 | data |
 *
 * Names are in dns-name.ts.
 *
 * Tests: dns.test.ts
 */
import { load16be, load32be, store16be, store32be } from "../../memory/bytes";
import { copyName, equalNames, skipName } from "./dns-name";

export const DNS_PORT: u16 = 53;
export const DNS_HEADER_SIZE: u32 = 12;

const RESPONSE: u16 = 0x8000;
const OPERATION: u16 = 0x7800;
const RECURSION_DESIRED: u16 = 0x0100;
const RESPONSE_CODE: u16 = 0x000f;
const CLASS_INTERNET: u16 = 1;

export const enum DnsType {
  A = 1,
  Cname = 5,
  Aaaa = 28,
}

export const enum ResponseCode {
  Ok = 0,
  NoSuchName = 3,
  /** By policy (RFC 1035 4.1.1): asking again does not help. */
  Refused = 5,
}

/** A message's bytes, at least `DNS_HEADER_SIZE` of them. */
@final
@unmanaged
export class DnsMessage {
  get id(): u16 {
    return load16be(changetype<usize>(this));
  }

  /** A response to a standard query. */
  get isAnswer(): bool {
    return (load16be(changetype<usize>(this), 2) & (RESPONSE | OPERATION)) == RESPONSE;
  }

  get responseCode(): u16 {
    return load16be(changetype<usize>(this), 2) & RESPONSE_CODE;
  }

  get questions(): u16 {
    return load16be(changetype<usize>(this), 4);
  }

  get answers(): u16 {
    return load16be(changetype<usize>(this), 6);
  }
}

@final
@unmanaged
export class DnsRecord {
  /** Offsets in the message. */
  name: u32;
  data: u32;
  /** Where the next record starts. */
  next: u32;
  dataLength: u32;
  /** For how long it is good; a number with the highest bit set means not at all (RFC 2181 8). */
  seconds: u32;
  type: u16;
  /** Of the Internet class; others are skipped. */
  isInternet: bool;
}

/** Writes a query that asks a recursive server for `name`, in wire form: its length. */
export function emitQuery(pointer: usize, id: u16, name: usize, nameLength: u32, type: DnsType): u32 {
  store16be(pointer, id);
  store16be(pointer, RECURSION_DESIRED, 2);
  store16be(pointer, 1, 4);
  store16be(pointer, 0, 6);
  store32be(pointer, 0, 8);
  memory.copy(pointer + DNS_HEADER_SIZE, name, nameLength);
  const end = pointer + DNS_HEADER_SIZE + nameLength;
  store16be(end, <u16>type);
  store16be(end, CLASS_INTERNET, 2);
  return DNS_HEADER_SIZE + nameLength + 4;
}

/** Where the records start when the message's one question is for `name` and `type`; 0 when it is not. */
export function matchQuestion(message: usize, length: u32, name: usize, nameLength: u32, type: DnsType): u32 {
  const end = skipName(message, length, DNS_HEADER_SIZE);
  if (end == 0 || end + 4 > length) return 0;
  // The first name of a message has nothing before it to point to: it is never compressed.
  if (!equalNames(message + DNS_HEADER_SIZE, end - DNS_HEADER_SIZE, name, nameLength)) return 0;
  if (load32be(message, end) != (((<u32>type) << 16) | (<u32>CLASS_INTERNET))) return 0;
  return end + 4;
}

/** Reads the record at `offset`: false when it reaches past the end. */
export function parseRecord(message: usize, length: u32, offset: u32, record: DnsRecord): bool {
  const fixed = skipName(message, length, offset);
  if (fixed == 0 || fixed + 10 > length) return false;
  record.name = offset;
  record.type = load16be(message, fixed);
  record.isInternet = load16be(message, fixed + 2) == CLASS_INTERNET;
  const seconds = load32be(message, fixed + 4);
  record.seconds = seconds >> 31 != 0 ? 0 : seconds;
  record.data = fixed + 10;
  record.dataLength = <u32>load16be(message, fixed + 8);
  record.next = record.data + record.dataLength;
  return record.next <= length;
}

const owner: usize = memory.data(256, 8);

/** Whether the record is about the uncompressed `name`. */
export function isAbout(message: usize, length: u32, record: DnsRecord, name: usize, nameLength: u32): bool {
  const ownerLength = copyName(message, length, record.name, owner);
  return ownerLength != 0 && equalNames(owner, ownerLength, name, nameLength);
}
