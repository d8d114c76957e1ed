/**
 * Which port belongs to whom.
 *
 * A port is bound once at most, so it is its own handle. The index has one word for every port there is: a look-up
 * is one load, and pages of the index that no port falls in are never touched.
 *
 * Tests: udp.test.ts
 */
import { Status } from "../../../abi/status";
import { randomU32 } from "../../entropy/random";
import { reserve } from "../../memory/arena";
import { createPool, Pool } from "../../memory/pool";
import { Flow } from "../layer";

const BOUND_PORTS: u32 = 512;
const PORTS: usize = 65536;

/** The dynamic ports (RFC 6335 6), from which random ones are drawn (RFC 6056 3.3.1). */
const FIRST_DYNAMIC: u32 = 49152;
const DYNAMIC_PORTS: u32 = 16384;
/** With at most 512 of 16384 taken, that all draws fail has a chance of 2^-160. */
const DRAWS: u32 = 32;

export abstract class UdpOwner {
  /** A datagram for the port; `pointer` is its payload. Both live only during the call. */
  abstract received(user: usize, flow: Flow, pointer: usize, length: u32): void;

  /** An ICMP error, not authenticated, says that a datagram sent on `flow` did not arrive. */
  refused(_user: usize, _flow: Flow): void {}
}

@final
@unmanaged
class Binding {
  owner: UdpOwner;
  user: usize;
}

const BINDING_SIZE: u32 = 8;

let bindings: Pool = changetype<Pool>(0);
/** For each port the address of its `Binding`, or 0. */
let index: usize = 0;
let anyOwner: UdpOwner | null = null;

export function startPorts(): void {
  assert(offsetof<Binding>() == BINDING_SIZE);
  bindings = createPool(BINDING_SIZE, BOUND_PORTS);
  index = reserve(PORTS * sizeof<usize>());
}

/**
 * Gives `port` (0: a random free one) to `owner`: the port, or `Invalid` when it is taken, `Full` when too many are.
 */
export function bindPort(port: u16, owner: UdpOwner, user: usize): i32 {
  const chosen = port == 0 ? drawPort() : port;
  if (chosen == 0) return Status.Full;
  if (bindingOf(chosen) != null) return Status.Invalid;
  const address = bindings.take();
  if (address == 0) return Status.Full;
  const binding = changetype<Binding>(address);
  binding.owner = owner;
  binding.user = user;
  store<usize>(placeOf(chosen), address);
  return <i32>chosen;
}

export function unbindPort(port: u16): void {
  const address = load<usize>(placeOf(port));
  if (address == 0) return;
  store<usize>(placeOf(port), 0);
  bindings.give(address);
}

/** Gives every datagram whose port nobody has bound to `owner`, with `user` 0: for a gateway. */
export function bindAny(owner: UdpOwner): void {
  anyOwner = owner;
}

export function ownerOfAny(): UdpOwner | null {
  return anyOwner;
}

export function bindingOf(port: u16): Binding | null {
  return changetype<Binding | null>(load<usize>(placeOf(port)));
}

function placeOf(port: u16): usize {
  return index + <usize>port * sizeof<usize>();
}

/** A free dynamic port that an attacker cannot guess, or 0. */
function drawPort(): u16 {
  for (let draw: u32 = 0; draw < DRAWS; draw++) {
    const port = <u16>(FIRST_DYNAMIC + (randomU32() % DYNAMIC_PORTS));
    if (bindingOf(port) == null) return port;
  }
  return 0;
}
