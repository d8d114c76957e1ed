/**
 * The kernel side of `stream-bench.ts`: streams whose functions are the test's, and time.
 *
 * Follows the imports of a root in `src/kernel/<kernel>/`, and stands before what uses `provider`.
 */
export function streamRoot(kernel: string): string {
  return `
import { StreamOwner as Owner, StreamProvider } from "${kernel}/stream/stream";
import { copyIn } from "${kernel}/cpu/compartment";
import { startChunks, chunksInUse } from "${kernel}/memory/chunk";
import { reserve } from "${kernel}/memory/arena";
import { startTurn, now } from "${kernel}/time/clock";
import { expire } from "${kernel}/time/wheel";
const bounce: usize = memory.data(8192, 16);
declare function space(handle: usize): u32;
declare function write(handle: usize, pointer: usize, length: u32): u32;
declare function outstanding(handle: usize): u32;
declare function resume(handle: usize): void;
declare function shutdown(handle: usize): void;
declare function abort(handle: usize): void;
declare function remote(handle: usize, pointer: usize): void;
class Provider extends StreamProvider {
  space(handle: usize): u32 { return space(handle); }
  write(handle: usize, pointer: usize, length: u32): u32 { return write(handle, pointer, length); }
  writeFromApp(handle: usize, appPointer: usize, length: u32): u32 {
    let taken: u32 = 0;
    while (taken < length) {
      const part = min<u32>(length - taken, 8192);
      copyIn(bounce, appPointer + taken, part);
      const count = write(handle, bounce, part);
      taken += count;
      if (count < part) break;
    }
    return taken;
  }
  place(handle: usize, length: u32): usize { return length <= 8192 && space(handle) >= length ? bounce : 0; }
  placed(handle: usize, length: u32): void { assert(write(handle, bounce, length) == length); }
  outstanding(handle: usize): u32 { return outstanding(handle); }
  resume(handle: usize): void { resume(handle); }
  shutdown(handle: usize): void { shutdown(handle); }
  hand(_handle: usize, _owner: Owner, _user: usize): void {}
  abort(handle: usize): void { abort(handle); }
  remote(handle: usize, pointer: usize): void { remote(handle, pointer); }
}
const provider = new Provider();
export function received(user: usize, pointer: usize, length: u32): u32 {
  return streamOwner().received(user, pointer, length);
}
export function writable(user: usize): void { streamOwner().writable(user); }
export function finished(user: usize): void { streamOwner().finished(user); }
export function closed(user: usize, reason: i32): void { streamOwner().closed(user, reason); }
export function turn(): void { startTurn(); expire(now()); }
export { chunksInUse };
`;
}
