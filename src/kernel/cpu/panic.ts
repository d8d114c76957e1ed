/**
 * The end of a kernel that found its own invariant broken. Hostile or ordinary input never comes here.
 */
import { panic as platformPanic } from "./platform";

/** Reports `message` and stops the machine. */
export function panic(message: string): void {
  // Kernel messages are ASCII: the low byte of each UTF-16 unit is the character.
  const length = <u32>message.length;
  const bytes = memory.data(256);
  const shown = min<u32>(length, 256);
  for (let index: u32 = 0; index < shown; index++) {
    store<u8>(bytes + index, <u8>message.charCodeAt(index));
  }
  platformPanic(bytes, shown);
  unreachable();
}

/** What AssemblyScript calls when its own runtime gives up (`--use abort=cpu/panic/abort`). */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  panic(message === null ? "abort" : message);
}
