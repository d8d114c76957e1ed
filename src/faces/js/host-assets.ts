/** The assets part of the host's functions. */
import { Status } from "../../abi/status";
import { HostCall } from "../../runtime/host-call";
import { look, read } from "skerry/native/assets";
import { scratch, SCRATCH_BYTES, scratchBytes } from "./host-http";
import { context } from "./session";
import { giveBack, Lent, LENT_SIZE, lendLatin1 } from "./text";
import { BOX_SIZE, integerOf, isInteger, newInteger } from "./value";

const lines = changetype<Lent>(memory.data(LENT_SIZE, 4));

/** The calls from `AssetLook` to `AssetRead`. */
export function callAssets(id: i32, boxes: usize): usize {
  if (id == HostCall.AssetLook) return lookWith(boxes);
  if (!isInteger(boxes) || !isInteger(boxes + BOX_SIZE)) return newInteger(Status.Invalid);
  const wanted = <u32>integerOf(boxes + BOX_SIZE);
  return scratchBytes(read(integerOf(boxes), scratch, min(wanted, SCRATCH_BYTES)));
}

/** (head) */
function lookWith(boxes: usize): usize {
  if (!lendLatin1(context, boxes, lines)) return newInteger(Status.Invalid);
  const length = look(lines.pointer, lines.length, scratch, SCRATCH_BYTES);
  giveBack(context, lines);
  return scratchBytes(length);
}
