/**
 * The kernel and the app that the compartment suite is run with, in AssemblyScript: a kernel that does one scenario in
 * its start, right or wrong, and an app that does as it is told.
 *
 * What they say is a letter and a number a line: `c=1`.
 */

const SAY = `
const line = memory.data(64);

function digits(letter: i32, value: i64): u32 {
  let at: u32 = 40;
  let rest = value < 0 ? -value : value;
  do {
    store<u8>(line + --at, <u8>(48 + rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) store<u8>(line + --at, 45);
  store<u8>(line + --at, 61);
  store<u8>(line + --at, <u8>letter);
  store<u8>(line + 40, 10);
  return at;
}
`;

export const TEST_APP = `${SAY}
@external("app", "isOverdue") declare function isOverdue(): i32;
@external("console", "write") declare function write(stream: i32, pointer: usize, length: u32): void;
@external("clock", "alarm") declare function alarmAt(operation: i64): void;
@external("clock", "monotonic") declare function monotonic(): i64;
@external("entropy", "fill") declare function fill(pointer: usize, length: u32): i32;
@external("http", "header") declare function header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32;

const bytes = memory.data(64);
let counter = 0;

function say(letter: i32, value: i64): void {
  const at = digits(letter, value);
  write(1, line + at, 41 - at);
}

export function start(): void {
  counter++;
}

export function alarm(): void {
  counter += 100;
}

@inline function recursion(depth: i32): i32 {
  return depth == 0 ? 0 : recurse(depth - 1) + counter;
}

function recurse(depth: i32): i32 {
  const value = recursion(depth);
  counter = value + 1;
  return value * depth;
}

export function tcpAccepted(command: i32, b: i32): void {
  switch (command) {
    case 1: unreachable();
    case 2: for (;;) counter++;
    case 3: recurse(i32.MAX_VALUE); break;
    case 4: alarmAt(b); break;
    case 5: write(1, 0xffff0000, 0x10001); break;
    case 6: write(1, (memory.size() << 16) - 4, 5); break;
    case 7: say(99, counter); break;
    case 8: {
      while (memory.grow(1) != -1) continue;
      say(103, memory.size());
      break;
    }
    case 9: say(116, monotonic()); break;
    case 10: {
      say(102, fill(bytes, b));
      say(118, load<u8>(bytes + b - 1));
      break;
    }
    case 11: throw new Error("told to");
    case 12: say(120, load<u32>(0xfffffff0)); break;
    case 13: say(113, <u32>7 / <u32>b); break;
    case 14: {
      store<u32>(bytes, 0x64636261);
      say(104, header(5, bytes, 4, bytes + 8, 8));
      say(108, load<u32>(bytes + 8));
      break;
    }
    case 16: {
      memory.grow(b);
      store<u8>((memory.size() << 16) - 1, 77);
      say(103, memory.size());
      break;
    }
    case 17: say(109, load<u8>(b)); break;
    case 18: {
      alarmAt(13);
      for (;;) counter++;
    }
    case 19: {
      say(111, isOverdue());
      while (isOverdue() == 0) counter++;
      say(111, isOverdue());
      break;
    }
    case 20: for (;;) counter += isOverdue();
  }
}
`;

export const TEST_KERNEL = `${SAY}
@external("platform", "consoleWrite") declare function consoleWrite(stream: i32, pointer: usize, length: u32): void;
@external("platform", "configuration") declare function configuration(pointer: usize, capacity: u32): u32;
@external("platform", "exit") declare function exit(status: i32): void;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("platform", "panic") declare function panic(pointer: usize, length: u32): void;
@external("platform", "clockMonotonic") declare function clockMonotonic(): i64;
@external("platform", "clockRealtime") declare function clockRealtime(): i64;
@external("platform", "entropySeed") declare function entropySeed(pointer: usize, length: u32): u32;
@external("compartment", "enter") declare function enter(compartment: i32, entry: i32, a: i32, b: i32): i32;
@external("compartment", "copyIn") declare function copyIn(pointer: usize, appPointer: usize, length: u32): void;
@external("compartment", "copyOut") declare function copyOut(appPointer: usize, pointer: usize, length: u32): void;
@external("compartment", "restart") declare function restart(compartment: i32): void;
@external("compartment", "isOverdue") declare function isOverdue(): i32;
@external("compartment", "suspend") declare function suspend(): void;
@external("compartment", "resume") declare function resume(compartment: i32, result: i64): i32;

const buffer = memory.data(4096);
let isStray = false;

function say(letter: i32, value: i64): void {
  const at = digits(letter, value);
  consoleWrite(1, line + at, 41 - at);
}

/** Enters the app's command; says how that ended. */
function tell(command: i32, b: i32 = 0): void {
  say(114, enter(0, 3, command, b));
}

export function app_isOverdue(): i32 {
  return isOverdue();
}

export function console_write(stream: i32, pointer: usize, length: u32): void {
  copyIn(buffer, pointer, length);
  consoleWrite(stream, buffer, length);
}

export function clock_monotonic(): i64 {
  suspend();
  return -1;
}

export function entropy_fill(pointer: usize, length: u32): i32 {
  memory.fill(buffer, 42, length + 1);
  copyOut(pointer, buffer, length + (isStray ? 1 : 0));
  return length;
}

export function http_header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32 {
  copyIn(buffer, name, nameLength);
  // Entered meanwhile, the app lends nothing of this call; afterwards it does.
  say(110, enter(0, 1, 0, 0));
  copyOut(value, buffer, nameLength);
  return id * 1000 + length;
}

export function clock_alarm(operation: i64): void {
  switch (<i32>operation) {
    case 1: say(110, enter(0, 1, 0, 0)); break;
    case 2: suspend(); break;
    case 3: copyIn(buffer, 1024, 8); break;
    case 4: consoleWrite(1, 0xfffffff0, 0x11); break;
    case 5: unreachable(); break;
    case 6: restart(0); break;
    case 7: panic(buffer, 0xffff0000); break;
    case 8: isStray = true; break;
    case 9: say(110, enter(0, 3, 1, 0)); break;
    case 10: say(110, enter(0, 3, 9, 0)); break;
    case 11: enter(1, 0, 0, 0); break;
    case 12: resume(0, 0); break;
    case 13: {
      const end = clockMonotonic() + 400000000;
      while (clockMonotonic() < end) continue;
      say(107, 1);
      break;
    }
  }
}

function scenario(name: i32): void {
  switch (name) {
    case 97: { // a: the ordinary
      say(114, enter(0, 0, 0, 0));
      tell(7);
      say(114, enter(0, 2, 0, 0));
      say(114, enter(0, 99, 0, 0));
      tell(10, 20);
      tell(14);
      tell(7);
      const now = clockMonotonic();
      say(119, i64(clockMonotonic() >= now && now > 0 && clockRealtime() > 1600000000 * 1000000000));
      say(101, entropySeed(buffer, 32));
      say(122, i64(load<u64>(buffer) != load<u64>(buffer + 8)));
      exit(7);
      exit(8);
      break;
    }
    case 98: { // b: traps of the app, each of a fresh one
      const commands: StaticArray<i32> = [1, 3, 5, 6, 11, 12, 13];
      for (let index = 0; index < commands.length; index++) {
        tell(unchecked(commands[index]));
        tell(7);
        restart(0);
        say(114, enter(0, 0, 0, 0));
        tell(7);
      }
      break;
    }
    case 99: { // c: nested
      tell(4, 1);
      tell(7);
      break;
    }
    case 100: { // d: suspended and resumed
      tell(9);
      say(114, enter(0, 1, 0, 0));
      say(114, resume(0, 1234567890123));
      tell(4, 2);
      say(114, resume(0, 0));
      tell(7);
      break;
    }
    case 101: { // e: endless
      tell(2);
      tell(7);
      restart(0);
      tell(7);
      break;
    }
    case 102: tell(4, 3); break; // f: copies what was not lent
    case 103: { // g: copies beyond what was lent
      tell(4, 8);
      tell(10, 20);
      break;
    }
    case 104: tell(4, 4); break; // h: a range outside its memory
    case 105: tell(4, 6); break; // i: restarts what is entered
    case 106: tell(4, 7); break; // j: panics
    case 107: tell(4, 10); break; // k: suspends a nested entry
    case 108: tell(8); break; // l: memory
    case 109: { // m: memory again after a restart
      tell(16, 10);
      restart(0);
      tell(7);
      tell(17, 0x70000);
      break;
    }
    case 110: { // n: a nested entry traps
      tell(4, 9);
      tell(7);
      break;
    }
    case 111: resume(0, 0); break; // o: resumes what is not suspended
    case 112: { // p: a suspended one is restarted
      tell(9);
      restart(0);
      tell(7);
      break;
    }
    case 113: tell(4, 11); break; // q: no such compartment
    case 118: { // v: asks whether its time is over, and ends by itself; then does not care
      tell(19);
      say(111, isOverdue());
      tell(19);
      tell(20);
      break;
    }
    case 117: tell(18); break; // u: works long, for an app that loops then
    case 116: say(114, enter(0, 0, 0, 0)); break; // t: starts the app
    case 114: tell(4, 5); break; // r: traps itself
    case 115: { // s: panics with words
      memory.fill(buffer, 88, 300);
      store<u8>(buffer + 1, 10);
      panic(buffer, 5);
      break;
    }
  }
}

export function start(): void {
  const length = configuration(buffer, 4096);
  let at: u32 = 0;
  while (at < length && load<u8>(buffer + at) != 61) at++;
  scenario(load<u8>(buffer + at + 1));
}

export function run(): void {
  exit(0);
  for (;;) idle(0);
}
`;
