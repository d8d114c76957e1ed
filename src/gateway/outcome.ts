/**
 * What the host's sockets say of a destination, and what the guest is told of it.
 *
 * A host that answers "nobody listens" refuses; what cannot be reached is unreachable. All else, a time-out or the
 * host's want of descriptors, is silence, as on a wire: the guest asks again, or gives up by its own clock.
 *
 * Tests: unreachable.test.ts
 */
import { Unreachable } from "../abi/unreachable.ts";

const OUTCOMES: Readonly<Record<string, Unreachable>> = {
  ECONNREFUSED: Unreachable.Port,
  ECONNRESET: Unreachable.Port,
  EHOSTUNREACH: Unreachable.Host,
  EHOSTDOWN: Unreachable.Host,
  ENETUNREACH: Unreachable.Network,
  ENETDOWN: Unreachable.Network,
  // No address of this host leads there; it does not speak that version; a link's address without its link.
  EADDRNOTAVAIL: Unreachable.Network,
  EAFNOSUPPORT: Unreachable.Network,
  EINVAL: Unreachable.Network,
  EACCES: Unreachable.Prohibited,
  EPERM: Unreachable.Prohibited,
};

/** Of the system's error `code`; undefined: nothing that the guest would hear of. */
export function outcomeOf(code: string | undefined): Unreachable | undefined {
  return OUTCOMES[code ?? ""];
}
