/**
 * A new stream for a request: to the first address of its host that answers.
 *
 * RFC 8305 in small: the addresses of both versions take turns, and each is tried beside the ones before when those are
 * silent for `ATTEMPT_DELAY`, or at once when they fail. The first that answers wins; the others are given up.
 *
 * Tests: client.test.ts
 */
import { Failure, Status } from "../../../abi/status";
import { store16be } from "../../memory/bytes";
import { StreamOwner } from "../../stream/stream";
import { now } from "../../time/clock";
import { NEVER } from "../../time/never";
import { arm } from "../../time/wheel";
import {
  Connection,
  connectionAt,
  connectionPlaces,
  killConnection,
  NO_CONNECTION,
  Phase,
  releaseConnection,
  takeConnection,
} from "./connection";
import { dialer } from "./dialer";
import { Exchange, findExchange, markFailed, setDeadline, State } from "./exchange";
import { ADDRESS_LIMIT, ATTEMPT_DELAY, CONNECT_TIME, HEAD_TIME, NETWORK_TIME } from "./limits";

const ADDRESS_SIZE: u32 = 16;
/** Bytes 8 to 11 of an IPv4-mapped address: 0, 0, 0xff, 0xff. */
const IPV4_MAPPED: u32 = 0xffff_0000;

/** Who owns the client's streams. Set at start. */
let owner: StreamOwner = changetype<StreamOwner>(0);

export function startAttempts(to: StreamOwner): void {
  owner = to;
}

/** Finds the exchange a new stream: asks for its host's addresses first. */
export function reachAnew(exchange: Exchange): void {
  exchange.state = State.Offline;
  if (!dialer.isOnline()) {
    setDeadline(exchange, NETWORK_TIME);
    return;
  }
  exchange.state = State.Resolving;
  setDeadline(exchange, HEAD_TIME); // the resolver has limits of its own
  const query = dialer.resolve(exchange.id, exchange.host, exchange.hostLength);
  if (query < 0) nameFailed(exchange.id, query);
}

export function nameFailed(id: i32, status: i32): void {
  const exchange = findExchange(id);
  if (exchange == changetype<Exchange>(0) || exchange.state != State.Resolving) return;
  if (status == Status.Denied) return markFailed(exchange, Failure.NotAllowed);
  const isUnknown = status == Status.Missing || status == Status.Invalid;
  markFailed(exchange, isUnknown ? Failure.NoSuchName : Failure.NoNameServer);
}

/** Takes `count` addresses of 16 bytes; those of IPv6 and of IPv4 take turns, the first one's version first. */
export function addressesFound(id: i32, addresses: usize, count: u32): void {
  const exchange = findExchange(id);
  if (exchange == changetype<Exchange>(0) || exchange.state != State.Resolving) return;
  exchange.addressCount = 0;
  exchange.nextAddress = 0;
  let four: u32 = 0;
  let six: u32 = 0;
  let wantsFour = isFour(addresses);
  while (exchange.addressCount < min(count, ADDRESS_LIMIT)) {
    while (four < count && !isFour(addresses + four * ADDRESS_SIZE)) four++;
    while (six < count && isFour(addresses + six * ADDRESS_SIZE)) six++;
    const takesFour = four < count && (wantsFour || six == count);
    const from = addresses + (takesFour ? four++ : six++) * ADDRESS_SIZE;
    memory.copy(exchange.addresses + exchange.addressCount++ * ADDRESS_SIZE, from, ADDRESS_SIZE);
    wantsFour = !takesFour;
  }
  exchange.state = State.Connecting;
  exchange.failure = Failure.Unreachable;
  exchange.deadline = now() + CONNECT_TIME;
  tryNext(exchange);
}

/** Whether it is an IPv4-mapped address (RFC 4291 section 2.5.5.2). */
function isFour(address: usize): bool {
  return load<u64>(address) == 0 && load<u32>(address, 8) == IPV4_MAPPED;
}

/** Tries the next address, and those after it whose attempts fail at once. */
export function tryNext(exchange: Exchange): void {
  exchange.attemptAt = NEVER;
  while (exchange.nextAddress < exchange.addressCount) {
    const address = exchange.addresses + exchange.nextAddress++ * ADDRESS_SIZE;
    if (!attempt(exchange, address)) continue;
    if (exchange.nextAddress < exchange.addressCount) exchange.attemptAt = now() + ATTEMPT_DELAY;
    break;
  }
  if (exchange.attempts == 0) markFailed(exchange, exchange.failure);
  else arm(exchange.timer, min(exchange.attemptAt, exchange.deadline));
}

function attempt(exchange: Exchange, address: usize): bool {
  const connection = takeConnection(exchange);
  if (connection == NO_CONNECTION) {
    exchange.failure = Failure.Full;
    return false;
  }
  memory.copy(exchange.remote, address, ADDRESS_SIZE);
  store16be(exchange.remote, exchange.port, 16);
  connection.provider = dialer.provider();
  const handle = dialer.connect(address, exchange.port, owner, changetype<usize>(connection));
  if (handle == 0) {
    if (dialer.wasDenied()) exchange.failure = Failure.NotAllowed;
    releaseConnection(connection);
    return false;
  }
  connection.handle = handle;
  exchange.attempts++;
  return true;
}

/** An attempt came to nothing; its connection is released by the caller. */
export function attemptFailed(exchange: Exchange, failure: Failure): void {
  exchange.attempts--;
  exchange.failure = failure;
  if (exchange.nextAddress < exchange.addressCount) tryNext(exchange);
  else if (exchange.attempts == 0) markFailed(exchange, failure);
}

/** Gives up every stream that is being opened for the exchange but `winner`. */
export function dropAttempts(exchange: Exchange, winner: Connection): void {
  for (let place: u32 = 0; exchange.attempts != 0 && place < connectionPlaces(); place++) {
    const connection = connectionAt(place);
    if (connection.phase != Phase.Connecting || connection.exchange != changetype<usize>(exchange)) continue;
    exchange.attempts--;
    if (connection != winner) killConnection(connection);
  }
}
