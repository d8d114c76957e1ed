/**
 * The stub resolver (RFC 1034 5.3.1): asks the configured server, again when it is silent, and believes an answer
 * only when it fits the question in all that can be checked (RFC 5452): server, port, id, name, type, and how the name
 * is spelt.
 *
 * Each try has a new random id, a new random port and a new spelling, so that a forger has to guess all three.
 *
 * Owns:   the course of each query; never enters the app: `takeFinished` hands over what is done.
 * Tests:  dns.test.ts, dns.names.test.ts
 */
import { Status } from "../../../abi/status";
import { isIsolated } from "../../app/compartments";
import { randomU32 } from "../../entropy/random";
import { store64be } from "../../memory/bytes";
import { now, SECOND } from "../../time/clock";
import { arm, disarm, Timer, TimerOwner } from "../../time/wheel";
import { dnsServer } from "../ip/address";
import { network } from "../ip/network";
import { globalLow } from "../ip/version6";
import { Flow, mapIpv4 } from "../layer";
import { mayResolve } from "../policy/border";
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
import { parseIpv6Text, textHigh, textLow } from "../wire/ipv6-text";
import { readAddresses } from "./answer";
import { forgetNames, recall, remember, startCache } from "./cache";
import { QUERIES, Query, queryAt, QueryOwner, QueryState, startQueries, takeQuery } from "./query";
import { spellByChance, spellSmall } from "./spelling";

const TRIES: u32 = 3;
/** Doubled with each try: 14 s in all. */
const FIRST_WAIT_NS: i64 = 2 * SECOND;

const flow = changetype<Flow>(memory.data(48, 8));
let finished: u32 = 0;

class QueryPort extends UdpOwner {
  received(user: usize, from: Flow, pointer: usize, length: u32): void {
    hear(changetype<Query>(user), from, pointer, length);
  }

  /** No answer will come: the next try need not wait. A forger has to guess the port of each. */
  refused(user: usize, to: Flow): void {
    const query = changetype<Query>(user);
    if (isServer(query, to)) askAgain(query);
  }
}

class QueryTimer extends TimerOwner {
  expired(timer: Timer): void {
    askAgain(changetype<Query>(timer.user));
  }
}

let port: UdpOwner = changetype<UdpOwner>(0);

export function startResolver(): void {
  port = new QueryPort();
  startQueries(new QueryTimer());
  startCache();
}

/**
 * Starts to find the addresses of a host name: a query id, or `Invalid` for what is no name, `Full`, `Denied` for a
 * name that no grant covers, or `Missing` when there is no server to ask. An address in writing is its own answer.
 */
export function beginQuery(text: usize, length: u32, owner: QueryOwner | null, user: usize): i32 {
  const query = takeQuery();
  if (query == null) return Status.Full;
  query.owner = owner;
  query.user = user;
  if (readLiteral(query, text, length)) {
    finish(query, 1);
    return query.id;
  }
  query.nameLength = emitName(query.name, text, length);
  if (query.nameLength == 0) return Status.Invalid;
  if (!mayResolve(query.name, text, length)) return Status.Denied;
  // Of many compartments none may learn from the time of an answer what another one has asked.
  const known = isIsolated() ? 0 : recall(query);
  if (known > 0) {
    finish(query, <i32>known);
    return query.id;
  }
  if (dnsServer() == 0) return Status.Missing;
  query.type = globalLow() != 0 ? DnsType.Aaaa : DnsType.A;
  query.state = QueryState.Asking;
  ask(query);
  return query.id;
}

/** An address of either version in writing. */
function readLiteral(query: Query, text: usize, length: u32): bool {
  const literal = parseIpv4Text(text, length);
  if (literal < 0 && !parseIpv6Text(text, length)) return false;
  store64be(query.addresses, literal < 0 ? textHigh : 0);
  store64be(query.addresses, literal < 0 ? textLow : mapIpv4(<u32>literal), 8);
  return true;
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

/** Forgets every query of a compartment, answered or not, and what the app's questions have brought. */
export function dropQueries(who: u32): void {
  forgetNames();
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    if (query.compartment != who) continue;
    if (query.state == QueryState.Asking) finish(query, Status.Gone);
    if (query.state == QueryState.Finished) releaseQuery(query);
  }
}

/** A try brought nothing. */
function askAgain(query: Query): void {
  if (query.tries < TRIES) ask(query);
  else if (query.found > 0) finishWithHalf(query);
  else finish(query, Status.Refused);
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
  if (query.isSpeltSmall) spellSmall(query.name, query.nameLength);
  else spellByChance(query.name, query.nameLength);
  const payload = openUdp(flow);
  if (payload == 0) return;
  sendUdp(flow, emitQuery(payload, query.transaction, query.name, query.nameLength, query.type));
}

function hear(query: Query, from: Flow, pointer: usize, length: u32): void {
  if (!isServer(query, from)) return;
  if (length < DNS_HEADER_SIZE) return;
  const message = changetype<DnsMessage>(pointer);
  if (!message.isAnswer || message.id != query.transaction || message.questions != 1) return;
  const records = matchQuestion(pointer, length, query.name, query.nameLength, query.type);
  if (records == 0) return;
  if (!query.isSpeltSmall && !isSpeltSame(query, pointer)) {
    query.isSpeltSmall = true;
    ask(query);
    return;
  }
  const code = message.responseCode;
  if (code == ResponseCode.NoSuchName) finish(query, Status.Missing);
  else if (code == ResponseCode.Refused) finish(query, Status.Refused);
  else if (code == ResponseCode.Ok) {
    readAddresses(query, pointer, length, records);
    goOn(query);
  }
  // A server that failed is asked again when the timer fires: it may be passing.
}

/** Whether a flow's other end is the server that the query asked last. */
function isServer(query: Query, flow: Flow): bool {
  return flow.remoteHigh == 0 && flow.remoteLow == mapIpv4(query.server) && flow.remotePort == DNS_PORT;
}

/** Whether the question of a message, which is for the same name, spells it as we did. */
function isSpeltSame(query: Query, message: usize): bool {
  return memory.compare(message + DNS_HEADER_SIZE, query.name, query.nameLength) == 0;
}

/** One type is answered: IPv4's addresses follow those of IPv6, and where both are known the name is. */
function goOn(query: Query): void {
  if (query.type == DnsType.Aaaa) {
    query.type = DnsType.A;
    query.tries = 0;
    ask(query);
    return;
  }
  remember(query, query.found, query.seconds);
  finish(query, query.found > 0 ? <i32>query.found : Status.Missing);
}

/** Only one type was answered: good enough for whoever asks now, and not for later. */
function finishWithHalf(query: Query): void {
  remember(query, query.found, 0);
  finish(query, <i32>query.found);
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
