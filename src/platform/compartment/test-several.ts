/**
 * Kernel and apps for several compartments: the kernel does what the script in its configuration says, and goes on
 * with it in every service call, so that one line describes entries, however they nest.
 *
 *   eC,COMMAND,B   enters compartment C               zC,VALUE   resumes it        xC   restarts it
 *   i              copies what the service call lent  oVALUE     copies to there   s    suspends whose call this is
 *   p              copies from where the last call before this one lent            uMS  works so long
 *   .RESULT        returns from the service call; at the outermost level, or at the script's end: the end
 *
 * What is said is a compartment, a letter and a number a line: `0r=1`.
 */
const SAY = `
const line = memory.data(64);

function digits(letter: i32, value: i64): u32 {
  let at: u32 = 40;
  let rest = value;
  do {
    store<u8>(line + --at, <u8>(48 + rest % 10));
    rest /= 10;
  } while (rest != 0);
  store<u8>(line + --at, 61);
  store<u8>(line + --at, <u8>letter);
  store<u8>(line + 40, 10);
  return at;
}
`;

/** Commands come with entry 3; numbers are at 1024 and 1032. */
export const SEVERAL_APP = `${SAY}
@external("console", "write") declare function write(stream: i32, pointer: usize, length: u32): void;
@external("clock", "monotonic") declare function monotonic(): i64;
@external("http", "header") declare function header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32;

const own = memory.data(16);
let counter = 0;

function say(letter: i32, value: i64): void {
  const at = digits(letter, value);
  write(1, line + at, 41 - at);
}

function lend(id: i32): i32 {
  store<u32>(own + 8, 0);
  return header(id, own, 4, own + 8, 4);
}

/** Each level keeps what it has over the call of the next. */
function recurse(depth: i32): i32 {
  if (depth == 0) return lend(0);
  const below = recurse(depth - 1);
  counter++;
  return below + (depth & 3);
}

export function tcpAccepted(command: i32, b: i32): void {
  switch (command) {
    case 0: {
      store<u32>(own, b);
      counter = b + 1;
      break;
    }
    case 1: unreachable();
    case 2: for (;;) counter++;
    case 3: recurse(i32.MAX_VALUE); break;
    case 4: {
      say(104, lend(b));
      say(108, load<u32>(own + 8));
      break;
    }
    case 5: {
      say(109, load<u32>(own));
      say(99, counter);
      say(112, memory.size());
      break;
    }
    case 6: {
      memory.grow(b);
      store<u8>((memory.size() << 16) - 1, 77);
      break;
    }
    case 7: say(100, recurse(b)); break;
    case 8: say(116, monotonic()); break;
    case 9: say(120, load<u8>(b)); break;
    case 11: {
      memory.grow(b);
      for (let at: usize = 4095; at < <usize>memory.size() << 16; at += 4096) store<u8>(at, 1);
      break;
    }
    case 10: header(0, own, 4, (memory.size() << 16) - 2, 4); break;
  }
}
`;

/** Another module: a table and a global that it changes. Commands: 0 puts its second function into the table, 5 calls. */
export const TABLE_APP = `(module
  (import "http" "header" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (memory 1 4)
  (global $calls (mut i32) (i32.const 0))
  (table $table 1 8 funcref)
  (elem declare func $first $second)
  (elem (i32.const 0) func $first)
  (type $function (func (result i32)))
  (func $first (result i32) (i32.const 100))
  (func $second (result i32) (i32.const 200))
  (func (export "tcpAccepted") (param $command i32) (param $b i32)
    (if (i32.eqz (local.get $command))
      (then
        (table.set $table (i32.const 0) (ref.func $second))
        (drop (table.grow $table (ref.func $first) (i32.const 2))))
      (else
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store (i32.const 64)
          (i32.add
            (i32.add (call_indirect $table (type $function) (i32.const 0)) (global.get $calls))
            (i32.mul (table.size $table) (i32.const 1000))))
        (drop (call $header (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 72) (i32.const 4)))))))`;

/** An engine and its glue over one memory: every command calls through both, and lends calls * 1000 + the script's start. */
export const ENGINE = `(module
  (import "env" "memory" (memory 2 8))
  (import "face" "call" (func $call (param i32)))
  (global $calls (mut i32) (i32.const 0))
  (func (export "evaluate")
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call $call (global.get $calls))))`;

export const GLUE = `(module
  (import "env" "memory" (memory 2 8))
  (import "engine" "evaluate" (func $evaluate))
  (import "http" "header" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (global $script (mut i32) (i32.const 0))
  (func (export "reserveSource") (param i32) (result i32)
    (global.set $script (i32.const 70000))
    (global.get $script))
  (func (export "call") (param $calls i32)
    (i32.store (i32.const 64)
      (i32.add (i32.load8_u (global.get $script)) (i32.mul (local.get $calls) (i32.const 1000))))
    (drop (call $header (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 72) (i32.const 4))))
  (func (export "tcpAccepted") (param $command i32) (param $b i32)
    (if (i32.eq (local.get $command) (i32.const 1)) (then (unreachable)))
    (call $evaluate)))`;

export const SEVERAL_KERNEL = `${SAY}
@external("platform", "consoleWrite") declare function consoleWrite(stream: i32, pointer: usize, length: u32): void;
@external("platform", "configuration") declare function configuration(pointer: usize, capacity: u32): u32;
@external("platform", "exit") declare function exit(status: i32): void;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("platform", "clockMonotonic") declare function clockMonotonic(): i64;
@external("compartment", "enter") declare function enter(compartment: i32, entry: i32, a: i32, b: i32): i32;
@external("compartment", "copyIn") declare function copyIn(pointer: usize, appPointer: usize, length: u32): void;
@external("compartment", "copyOut") declare function copyOut(appPointer: usize, pointer: usize, length: u32): void;
@external("compartment", "restart") declare function restart(compartment: i32): void;
@external("compartment", "suspend") declare function suspend(): void;
@external("compartment", "resume") declare function resume(compartment: i32, result: i64): i32;

const text = memory.data(4096);
const buffer = memory.data(64);
let at: u32 = 7; // behind "script="
let end: u32 = 0;
let running = 0;
let lentBefore: usize = 0;

function begin(who: i32, start: usize): usize {
  let from = start;
  let rest = who;
  do {
    store<u8>(--from, <u8>(48 + rest % 10));
    rest /= 10;
  } while (rest != 0);
  return from;
}

function say(who: i32, letter: i32, value: i64): void {
  const start = line + digits(letter, value);
  const from = begin(who, start);
  consoleWrite(1, from, <u32>(line + 41 - from));
}

function number(): i32 {
  let value = 0;
  while (at < end && load<u8>(text + at) >= 48 && load<u8>(text + at) <= 57) value = value * 10 + load<u8>(text + at++) - 48;
  if (at < end && load<u8>(text + at) == 44) at++;
  return value;
}

function goOn(input: usize, output: usize): i32 {
  while (at < end) {
    const operation = load<u8>(text + at++);
    switch (operation) {
      case 101: { // e
        const outer = running;
        const who = number();
        running = who;
        const command = number();
        const status = enter(who, 3, command, number());
        running = outer;
        say(who, 114, status);
        break;
      }
      case 122: { // z
        const outer = running;
        const who = number();
        running = who;
        const status = resume(who, number());
        running = outer;
        say(who, 114, status);
        break;
      }
      case 120: restart(number()); break; // x
      case 115: suspend(); break; // s
      case 105: { // i
        copyIn(buffer, input, 4);
        say(running, 105, load<u32>(buffer));
        break;
      }
      case 111: { // o
        store<u32>(buffer, number());
        copyOut(output, buffer, 4);
        break;
      }
      case 112: copyIn(buffer, lentBefore, 4); break; // p
      case 117: { // u
        const until = clockMonotonic() + <i64>number() * 1000000;
        while (clockMonotonic() < until) continue;
        break;
      }
      case 46: return number();
    }
  }
  return 0;
}

export function console_write(stream: i32, pointer: usize, length: u32): void {
  copyIn(buffer + 8, pointer, length);
  const from = begin(running, buffer + 8);
  consoleWrite(stream, from, <u32>(buffer + 8 - from) + length);
}

export function clock_monotonic(): i64 {
  return goOn(0, 0);
}

export function http_header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32 {
  const result = goOn(name, value);
  lentBefore = name;
  return result;
}

export function start(): void {
  end = configuration(text, 4096);
  for (let index: u32 = 0; index < end; index++) if (load<u8>(text + index) == 10) end = index;
  goOn(0, 0);
}

export function run(): void {
  exit(0);
  for (;;) idle(0);
}
`;
