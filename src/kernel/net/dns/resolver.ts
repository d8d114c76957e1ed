/**
 * The stub resolver (RFC 1034 5.3.1): asks the configured server, again when it is silent, and believes an answer
 * only when it fits the question in all that can be checked (RFC 5452): server, port, id, name, type.
 *
 * Each try has a new random id and a new random port, so that a forger has to guess both.
 *
 * Owns:   the course of each query; never enters the app: `takeFinished` hands over what is done.
 * Tests:  dns.test.ts
 */
import { Status } from "../../../abi/status";
import { randomU32 } from "../../entropy/random";
import { store64be } from "../../memory/bytes";
import { now, SECOND } from "../../time/clock";
import { arm, disarm, Timer, TimerOwner } from "../../time/wheel";
import { dnsServer } from "../ip/address";
import { network } from "../ip/network";
import { Flow, mapIpv4 } from "../layer";
import { bindPort, UdpOwner, unbindPort } from "../udp/port-table";
import { openUdp, sendUdp } from "../udp/transport";
import {
  DNS_HEADER_SIZE,
  DNS_PORT,
  DnsMessage,
  DnsType,
  emitQuery,
  matchQuestion,
  ResponseCode,
} from "../wire/dns";
import { emitName } from "../wire/dns-name";
import { parseIpv4Text } from "../wire/ipv4-text";
import { readAddresses } from "./answer";
import { QUERIES, Query, queryAt, QueryState, startQueries, takeQuery } from "./query";

const TRIES: u32 = 3;
/** Doubled with each try: 14 s in all. */
const FIRST_WAIT_NS: i64 = 2 * SECOND;

const flow = changetype<Flow>(memory.data(48, 8));
let finished: u32 = 0;

class QueryPort extends UdpOwner {
  received(user: usize, from: Flow, pointer: usize, length: u32): void {
    hear(changetype<Query>(user), from, pointer, length);
  }
}

class QueryTimer extends TimerOwner {
  expired(timer: Timer): void {
    const query = changetype<Query>(timer.user);
    if (query.tries < TRIES) ask(query);
    else finish(query, Status.Refused);
  }
}

let port: UdpOwner = changetype<UdpOwner>(0);

export function startResolver(): void {
  port = new QueryPort();
  startQueries(new QueryTimer());
}

/**
 * Starts to find the addresses of a host name: a query id, or `Invalid` for what is no name, `Full`, or `Missing`
 * when there is no server to ask. An address in writing is its own answer.
 */
export function beginQuery(text: usize, length: u32): i32 {
  const query = takeQuery();
  if (query == null) return Status.Full;
  const literal = parseIpv4Text(text, length);
  if (literal >= 0) {
    store64be(query.addresses, 0);
    store64be(query.addresses, mapIpv4(<u32>literal), 8);
    finish(query, 1);
    return query.id;
  }
  query.nameLength = emitName(query.name, text, length);
  if (query.nameLength == 0) return Status.Invalid;
  if (dnsServer() == 0) return Status.Missing;
  query.state = QueryState.Asking;
  ask(query);
  return query.id;
}

/** A query that is done, for its owner to tell the app and `releaseQuery`; null when there is none. */
export function takeFinished(): Query | null {
  if (finished == 0) return null;
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    if (query.state == QueryState.Finished) return query;
  }
  return null;
}

export function releaseQuery(query: Query): void {
  query.state = QueryState.Free;
  finished--;
}

/** Forgets every query, answered or not. */
export function dropQueries(): void {
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    if (query.state == QueryState.Asking) finish(query, Status.Gone);
    if (query.state == QueryState.Finished) releaseQuery(query);
  }
}

function ask(query: Query): void {
  leavePort(query);
  arm(query.timer, now() + (FIRST_WAIT_NS << (<i64>query.tries)));
  query.tries++;
  query.server = dnsServer();
  const bound = bindPort(0, port, changetype<usize>(query));
  // All ports in use, or no route now: the timer tries again.
  if (bound < 0) return;
  query.port = <u16>bound;
  query.transaction = <u16>randomU32();
  flow.remoteLow = mapIpv4(query.server);
  flow.remotePort = DNS_PORT;
  flow.localPort = query.port;
  if (query.server == 0 || !network().localFor(flow)) return;
  const payload = openUdp(flow);
  if (payload == 0) return;
  sendUdp(flow, emitQuery(payload, query.transaction, query.name, query.nameLength, DnsType.A));
}

function hear(query: Query, from: Flow, pointer: usize, length: u32): void {
  if (from.remoteLow != mapIpv4(query.server) || from.remotePort != DNS_PORT) return;
  if (length < DNS_HEADER_SIZE) return;
  const message = changetype<DnsMessage>(pointer);
  if (!message.isAnswer || message.id != query.transaction || message.questions != 1) return;
  const records = matchQuestion(pointer, length, query.name, query.nameLength, DnsType.A);
  if (records == 0) return;
  const code = message.responseCode;
  if (code == ResponseCode.NoSuchName) finish(query, Status.Missing);
  else if (code == ResponseCode.Refused) finish(query, Status.Refused);
  else if (code == ResponseCode.Ok) finish(query, readAddresses(query, pointer, length, records));
  // A server that failed is asked again when the timer fires: it may be passing.
}

function finish(query: Query, result: i32): void {
  leavePort(query);
  disarm(query.timer);
  query.result = result;
  query.state = QueryState.Finished;
  finished++;
}

function leavePort(query: Query): void {
  if (query.port != 0) unbindPort(query.port);
  query.port = 0;
}
