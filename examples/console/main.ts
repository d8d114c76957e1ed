// Prints a line and exits with status 7: the smallest image there is.
import { exit } from "skerry/native/app";
import { log } from "skerry/native/console";

export function start(): void {
  log("hello from a machine without an operating system");
  exit(7);
}
