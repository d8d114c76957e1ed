/** The `console` service: the app's lines on the machine's console. See `src/abi/services.ts`. */
import { copyIn } from "../cpu/compartment";
import { writeConsole } from "./output";

const PART: u32 = 1024;
const buffer = memory.data(1024, 16);

export function start(): void {}

export function write(stream: i32, appPointer: usize, length: u32): void {
  while (length > 0) {
    const part = min(length, PART);
    copyIn(buffer, appPointer, part);
    writeConsole(stream, buffer, part);
    appPointer += part;
    length -= part;
  }
}
