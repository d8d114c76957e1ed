/**
 * Finds the addresses in an answer: the records for the name asked, or for what it is another name of (RFC 1034 3.6.2).
 *
 * Only the answer section is believed, and in it only the chain that starts at the question.
 *
 * Tests: dns.test.ts
 */
import { load32be, load64be, store64be } from "../../memory/bytes";
import { mapIpv4 } from "../layer";
import { copyName } from "../wire/dns-name";
import { DnsMessage, DnsRecord, DnsType, isAbout, parseRecord } from "../wire/dns";
import { isUnicast6 } from "../wire/ipv6";
import { ADDRESS_SIZE, ADDRESSES, Query } from "./query";

const ALIASES: u32 = 8;
const RECORDS: u32 = 64;
const A_SIZE: u32 = 4;
const AAAA_SIZE: u32 = 16;

const record = changetype<DnsRecord>(memory.data(32, 8));
const current: usize = memory.data(256, 8);
const alias: usize = memory.data(256, 8);
let currentLength: u32 = 0;
let aliasLength: u32 = 0;

/**
 * Adds the addresses of the type asked for to `query`, and shortens its time to that of every record used: how many there
 * were. `records` is where the answer section starts.
 */
export function readAddresses(query: Query, message: usize, length: u32, records: u32): u32 {
  memory.copy(current, query.name, query.nameLength);
  currentLength = query.nameLength;
  for (let hop: u32 = 0; hop <= ALIASES; hop++) {
    const found = readRecords(query, message, length, records);
    if (found > 0) return found;
    if (aliasLength == 0) break;
    memory.copy(current, alias, aliasLength);
    currentLength = aliasLength;
  }
  return 0;
}

/** Takes the addresses of `current`; where it has none, `alias` becomes its other name. */
function readRecords(query: Query, message: usize, length: u32, offset: u32): u32 {
  const before = query.found;
  aliasLength = 0;
  const count = min(<u32>changetype<DnsMessage>(message).answers, RECORDS);
  for (let index: u32 = 0; index < count && query.found < ADDRESSES; index++) {
    if (!parseRecord(message, length, offset, record)) break;
    offset = record.next;
    if (!record.isInternet || !isAbout(message, length, record, current, currentLength)) continue;
    if (record.type == DnsType.Cname) {
      aliasLength = copyName(message, record.next, record.data, alias);
      query.seconds = min(query.seconds, record.seconds);
    } else if (record.type == query.type) takeAddress(query, message);
  }
  return query.found - before;
}

/** Of an A or AAAA record (RFC 3596 2.2). One that holds an IPv4 address in disguise is none. */
function takeAddress(query: Query, message: usize): void {
  const data = message + record.data;
  let high: u64 = 0;
  let low: u64 = 0;
  if (record.type == DnsType.A) {
    if (record.dataLength != A_SIZE) return;
    low = mapIpv4(load32be(data));
  } else {
    if (record.dataLength != AAAA_SIZE) return;
    high = load64be(data);
    low = load64be(data, 8);
    if (!isUnicast6(high, low)) return;
  }
  const place = query.addresses + query.found * ADDRESS_SIZE;
  store64be(place, high);
  store64be(place, low, 8);
  query.found++;
  query.seconds = min(query.seconds, record.seconds);
}
