// Writes random bytes for ever, as they come from the kernel's generator.
import { write } from "skerry/native/console";
import { fill } from "skerry/native/entropy";

export function start(): void {
  const bytes = new StaticArray<u8>(65536);
  const pointer = changetype<usize>(bytes);
  while (fill(pointer, 65536) == 0) write(1, pointer, 65536);
}
