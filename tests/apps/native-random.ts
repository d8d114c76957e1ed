// Prints 64 random bytes in hexadecimal, or that there are none.
import { error, log } from "skerry/native/console";
import { exit } from "skerry/native/app";
import { fill } from "skerry/native/entropy";

export function start(): void {
  const bytes = new StaticArray<u8>(64);
  const status = fill(changetype<usize>(bytes), 64);
  if (status != 0) {
    error("refused " + status.toString());
    exit(3);
    return;
  }
  let text = "";
  for (let at = 0; at < 64; at++) text += bytes[at].toString(16).padStart(2, "0");
  log(text);
  exit(0);
}
