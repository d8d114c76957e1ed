/**
 * DNS messages as a server sees them (RFC 1035 4): one question in, addresses out.
 *
 *   0    2       4           6         8           10           12
 *   | id | flags | questions | answers | authority | additional | name, type, class | records ...
 *
 * What comes after the question (EDNS, RFC 6891) is left unread: answers fit in 512 bytes without it.
 *
 * Tests: dns-message.test.ts, fuzz/gateway-dns.ts
 */
import { highHalf, lowHalf, type Address } from "./address.ts";

/** Response codes (RFC 1035 4.1.1). */
export const enum ResponseCode {
  Ok = 0,
  FormatError = 1,
  ServerFailure = 2,
  NameError = 3,
  NotImplemented = 4,
  Refused = 5,
}

export const TYPE_A = 1;
export const TYPE_AAAA = 28;
const CLASS_INTERNET = 1;

const HEADER_SIZE = 12;
/** Type and class, after the name. */
const QUESTION_TAIL_SIZE = 4;
const RECORD_SIZE = 12;
const DATA_SIZE = { [TYPE_A]: 4, [TYPE_AAAA]: 16 };
/** RFC 1035 2.3.4: the longest name, and what UDP carries without an extension. */
const NAME_SIZE_LIMIT = 255;
const LABEL_SIZE_LIMIT = 63;
const MESSAGE_SIZE_LIMIT = 512;

const RESPONSE = 0x8000;
const OPCODE_MASK = 0x7800;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
/** A pointer to the question's name (RFC 1035 4.1.4). */
const NAME_POINTER = 0xc000 | HEADER_SIZE;

export interface Query {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** What the message is wrong with; `Ok`: it has a question that can be answered. */
  readonly code: ResponseCode;
  /** Dotted, without a last dot, as it was spelt. */
  readonly name: string;
  readonly type: number;
  /** The question's bytes, to be sent back. */
  readonly question: Uint8Array;
}

/** Reads a query. Undefined for what no answer is due to: too short for a header, or itself an answer. */
export function parseQuery(bytes: Uint8Array): Query | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(2);
  if ((flags & RESPONSE) !== 0) return undefined;
  const head = { id: view.getUint16(0), recursionDesired: (flags & RECURSION_DESIRED) !== 0 };
  const refused = (code: ResponseCode): Query => ({
    ...head,
    code,
    name: "",
    type: 0,
    question: new Uint8Array(0),
  });
  if ((flags & OPCODE_MASK) !== 0) return refused(ResponseCode.NotImplemented);
  if (view.getUint16(4) !== 1) return refused(ResponseCode.FormatError);
  const name = parseName(bytes, HEADER_SIZE);
  if (name === undefined || name.end + QUESTION_TAIL_SIZE > bytes.length)
    return refused(ResponseCode.FormatError);
  if (view.getUint16(name.end + 2) !== CLASS_INTERNET) return refused(ResponseCode.NotImplemented);
  return {
    ...head,
    code: ResponseCode.Ok,
    name: name.text,
    type: view.getUint16(name.end),
    question: bytes.slice(HEADER_SIZE, name.end + QUESTION_TAIL_SIZE),
  };
}

/** The name at `at`, whose labels are those of host names (RFC 1123 2.1, underscores as RFC 8552). */
function parseName(bytes: Uint8Array, at: number): { text: string; end: number } | undefined {
  const labels: string[] = [];
  const limit = Math.min(bytes.length, at + NAME_SIZE_LIMIT);
  for (let next = at; next < limit;) {
    const length = bytes[next++]!;
    if (length === 0) return { text: labels.join("."), end: next };
    // A pointer is longer too: a question has nothing before it to point to.
    if (length > LABEL_SIZE_LIMIT || next + length > limit) return undefined;
    const label = Buffer.from(bytes.subarray(next, next + length)).toString("latin1");
    if (!/^[A-Za-z0-9_-]+$/.test(label)) return undefined;
    labels.push(label);
    next += length;
  }
  return undefined;
}

/** The answer to `query`: as many of the addresses as fit. */
export function emitResponse(
  query: Query,
  code: ResponseCode,
  addresses: readonly Address[],
  ttlSeconds: number,
): Uint8Array {
  const recordsAt = HEADER_SIZE + query.question.length;
  const type = query.type === TYPE_AAAA ? TYPE_AAAA : TYPE_A;
  const recordSize = RECORD_SIZE + DATA_SIZE[type];
  const count = Math.min(addresses.length, Math.floor((MESSAGE_SIZE_LIMIT - recordsAt) / recordSize));
  const bytes = new Uint8Array(recordsAt + count * recordSize);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, query.id);
  view.setUint16(2, RESPONSE | (query.recursionDesired ? RECURSION_DESIRED : 0) | RECURSION_AVAILABLE | code);
  view.setUint16(4, query.question.length > 0 ? 1 : 0);
  view.setUint16(6, count);
  bytes.set(query.question, HEADER_SIZE);
  for (let index = 0; index < count; index++) {
    const record = recordsAt + index * recordSize;
    view.setUint16(record, NAME_POINTER);
    view.setUint16(record + 2, type);
    view.setUint16(record + 4, CLASS_INTERNET);
    view.setUint32(record + 6, ttlSeconds);
    view.setUint16(record + 10, DATA_SIZE[type]);
    const address = addresses[index]!;
    if (typeof address === "number") {
      view.setUint32(record + RECORD_SIZE, address);
      continue;
    }
    view.setBigUint64(record + RECORD_SIZE, highHalf(address));
    view.setBigUint64(record + RECORD_SIZE + 8, lowHalf(address));
  }
  return bytes;
}
