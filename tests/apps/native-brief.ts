// Listens, and ends at once: what its kernel has to say of the devices is said by then.
import { exit } from "skerry/native/app";
import * as http from "skerry/native/http";

export function start(): void {
  http.listen(80);
  exit(0);
}

export function httpRequest(_request: i32): void {}
