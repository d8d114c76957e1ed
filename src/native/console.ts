/** The `console` service. */
export declare function write(stream: i32, pointer: usize, length: u32): void;

/** Prints a line. */
export function log(text: string): void {
  const line = String.UTF8.encode(text + "\n");
  write(1, changetype<usize>(line), line.byteLength);
}

/** Prints a line on the error stream. */
export function error(text: string): void {
  const line = String.UTF8.encode(text + "\n");
  write(2, changetype<usize>(line), line.byteLength);
}
