/**
 * May this machine begin to talk to someone? Only where a grant says so; what is refused is told once.
 *
 * Asked where conversations begin, below all that apps can call. It binds the app, and the kernel while that is what it
 * was built as: whoever took the kernel over is held by the gateway, which asks the same again.
 *
 * Tests: policy.test.ts, agreement.test.ts, tests/security/image-pivot.test.ts
 */
import { acceptAny } from "../ip/address";
import { answeredNames } from "./answered";
import { Grant, grantAt, grantCount } from "./grants";
import { leastPrefix } from "./guarded";
import { tellRefusal, tellRefusedName } from "./refusals";

/** Whether a conversation with this end may begin. */
export function mayReach(protocol: u8, high: u64, low: u64, port: u16): bool {
  // A gateway has its own rules, above (`src/gateway/outbound.ts`).
  if (acceptAny()) return true;
  const least = leastPrefix(high, low);
  const grants = grantCount();
  for (let index: u32 = 0; index < grants; index++) {
    const grant = grantAt(index);
    if (!grant.takes(protocol, port)) continue;
    if (grant.nameLength != 0) {
      if (least == 0 && isAnswer(grant, high, low)) return true;
    } else if (grant.prefix >= least && grant.holds(high, low)) {
      return true;
    }
  }
  tellRefusal(protocol, high, low, port);
  return false;
}

/** Whether the name, in wire form, may be asked for; `text` is how the app wrote it. */
export function mayResolve(name: usize, text: usize, length: u32): bool {
  const grants = grantCount();
  for (let index: u32 = 0; index < grants; index++) if (grantAt(index).covers(name)) return true;
  tellRefusedName(text, length);
  return false;
}

/** Whether a name of this grant had the address. */
function isAnswer(grant: Grant, high: u64, low: u64): bool {
  const names = answeredNames();
  if (names == null) return false;
  for (let name = names.next(0, high, low); name != 0; name = names.next(name, high, low)) {
    if (grant.covers(name)) return true;
  }
  return false;
}
