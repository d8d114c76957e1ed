// A server that tries, for whoever asks, what one tenant must not be able to do to another: it plants a pattern all
// over its memory, looks for it, keeps a request open, and guesses at requests that it was not given.
import { alarm as setAlarm, monotonic } from "skerry/native/clock";
import { exit } from "skerry/native/app";
import { fill as fillRandom } from "skerry/native/entropy";
import { abort, listen, respond, target } from "skerry/native/http";

const PATTERN_A: u64 = 0x5ec7e7a11fa57c0d;
const MASK: u64 = 0x1111111111111111;
const MS: i64 = 1_000_000;
/** Ids tried: all connections, the first generations. */
const PLACES: i32 = 64;
const GENERATIONS: i32 = 64;
const CONNECTION_BITS: i32 = 12;

const path = new StaticArray<u8>(64);
const other = new StaticArray<u8>(64);
const random = new StaticArray<u8>(16);
let held: i32 = 0;

export function start(): void {
  listen(80);
}

function answer(request: i32, text: string): void {
  const body = String.UTF8.encode(text);
  respond(request, 200, 0, 0, changetype<usize>(body), body.byteLength);
}

export function httpRequest(request: i32): void {
  target(request, changetype<usize>(path), 64);
  // The second character of /plant, /search, /hold, /guess, /random, /trap, /loop, /exit, /memory, /quit.
  switch (path[1]) {
    case 0x70:
      plant();
      return answer(request, "planted");
    case 0x73:
      return answer(request, search().toString());
    case 0x68:
      held = request;
      setAlarm(monotonic() + 400 * MS);
      return;
    case 0x67:
      return answer(request, guess(request).toString());
    case 0x72: {
      fillRandom(changetype<usize>(random), 16);
      let text = "";
      for (let at = 0; at < 16; at++) text += random[at].toString(16).padStart(2, "0");
      return answer(request, text);
    }
    case 0x74:
      unreachable();
    case 0x6c:
      for (;;) held++;
    case 0x65:
      exit(3);
      return answer(request, "gone");
    case 0x6d:
      return answer(request, grow().toString());
    case 0x71:
      return abort(request);
  }
  answer(request, "nothing");
}

/** Answers the request that was kept. */
export function alarm(): void {
  if (held != 0) answer(held, "held");
  held = 0;
}

/** Into pages of its own, and into new ones. */
function plant(): void {
  memory.grow(2);
  const end = (<usize>memory.size()) << 16;
  for (let at = end - 0x20000; at < end; at += 512) store<u64>(at, PATTERN_A);
}

/** How often the pattern stands in memory; in no constant of the code it is the pattern itself. */
function search(): i32 {
  const wanted = PATTERN_A ^ MASK ^ MASK;
  let count = 0;
  const end = (<usize>memory.size()) << 16;
  for (let at: usize = 0; at < end; at += 8) {
    if (load<u64>(at) == wanted) count++;
  }
  return count;
}

/** How many requests of somebody else's it could read. */
function guess(own: i32): i32 {
  let found = 0;
  for (let generation = 1; generation < GENERATIONS; generation++) {
    for (let place = 0; place < PLACES; place++) {
      const id = (generation << CONNECTION_BITS) | place;
      if (id != own && target(id, changetype<usize>(other), 64) > 0) found++;
    }
  }
  return found;
}

/** Pages that it could have. */
function grow(): i32 {
  while (memory.grow(1) != -1) {}
  return memory.size();
}
