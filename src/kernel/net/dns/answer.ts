/**
 * Finds the addresses in an answer: the records for the name asked, or for what it is another name of (RFC 1034 3.6.2).
 *
 * Only the answer section is believed, and in it only the chain that starts at the question.
 *
 * Tests: dns.test.ts
 */
import { Status } from "../../../abi/status";
import { load32be, store64be } from "../../memory/bytes";
import { mapIpv4 } from "../layer";
import { copyName } from "../wire/dns-name";
import { DnsMessage, DnsRecord, DnsType, isAbout, parseRecord } from "../wire/dns";
import { ADDRESS_SIZE, ADDRESSES, Query } from "./query";

const ALIASES: u32 = 8;
const RECORDS: u32 = 64;
const A_SIZE: u32 = 4;

const record = changetype<DnsRecord>(memory.data(32, 8));
const current: usize = memory.data(256, 8);
const alias: usize = memory.data(256, 8);
let currentLength: u32 = 0;
let aliasLength: u32 = 0;

/** Puts the addresses into `query`: how many, or `Missing`. `records` is where the answer section starts. */
export function readAddresses(query: Query, message: usize, length: u32, records: u32): i32 {
  memory.copy(current, query.name, query.nameLength);
  currentLength = query.nameLength;
  for (let hop: u32 = 0; hop <= ALIASES; hop++) {
    const found = readRecords(query, message, length, records);
    if (found > 0) return found;
    if (aliasLength == 0) break;
    memory.copy(current, alias, aliasLength);
    currentLength = aliasLength;
  }
  return Status.Missing;
}

/** Takes the addresses of `current`; where it has none, `alias` becomes its other name. */
function readRecords(query: Query, message: usize, length: u32, offset: u32): i32 {
  let found: u32 = 0;
  aliasLength = 0;
  const count = min(<u32>changetype<DnsMessage>(message).answers, RECORDS);
  for (let index: u32 = 0; index < count && found < ADDRESSES; index++) {
    if (!parseRecord(message, length, offset, record)) break;
    offset = record.next;
    if (!record.isInternet || !isAbout(message, length, record, current, currentLength)) continue;
    if (record.type == DnsType.A && record.dataLength == A_SIZE) {
      const place = query.addresses + found * ADDRESS_SIZE;
      store64be(place, 0);
      store64be(place, mapIpv4(load32be(message, record.data)), 8);
      found++;
    } else if (record.type == DnsType.Cname) {
      aliasLength = copyName(message, record.next, record.data, alias);
    }
    // AAAA records (RFC 3596) belong here once the network speaks IPv6.
  }
  return <i32>found;
}
