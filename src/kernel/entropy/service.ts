/** The `entropy` service: random bytes for the app. See `src/abi/services.ts`. */
import { Status } from "../../abi/status";
import { copyOut } from "../cpu/compartment";
import { fillRandom, seed } from "./random";

const PART: u32 = 256;
const buffer = memory.data(256, 16);

export function start(): void {
  seed();
}

export function fill(appPointer: usize, length: u32): i32 {
  while (length > 0) {
    const part = min(length, PART);
    if (!fillRandom(buffer, part)) return Status.Refused;
    copyOut(appPointer, buffer, part);
    appPointer += part;
    length -= part;
  }
  memory.fill(buffer, 0, PART);
  return Status.Ok;
}
