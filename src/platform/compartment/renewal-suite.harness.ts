/** Lives of compartments that write here and there, for suites over platforms: each shall begin as the first one did. */
import type { ImagePlan } from "./plan.ts";
import { compileSource } from "./compartment-suite.harness.ts";
import { planReplicas } from "./several-plan.harness.ts";

/** Of how many lives it is looked at how they begin. */
export const LOOK_EVERY = 6;

/**
 * Command 0 writes what a seed says: some pages always, others now and then, once in a while more than are ever copied
 * back, or pages that it grew by. Command 1 tells a digest of all that there is.
 */
const APP = `
@external("http", "header") declare function header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32;

const text = "what there is at first";
const room = memory.data(4000000);
let counter = 0;
let random: u32 = 0;

function draw(below: u32): u32 {
  random = random * 1664525 + 1013904223;
  return (random >> 8) % below;
}

function mark(at: usize): void {
  store<u64>(at, load<u64>(at) + 0x5ec7e7a11fa57c0d);
}

function writeSome(seed: u32): void {
  random = seed;
  counter += 1;
  for (let page: usize = 0; page < 40; page++) mark(room + page * 12000);
  mark(changetype<usize>(text));
  const occasional = draw(30);
  for (let count: u32 = 0; count < occasional; count++) mark(room + (draw(499_000) << 3));
  if (draw(10) == 0) for (let at: usize = 0; at < 3_900_000; at += 4096) mark(room + at);
  if (draw(10) == 0) {
    memory.grow(2);
    mark((memory.size() << 16) - 8);
  }
}

function digest(): u32 {
  let sum: u64 = counter + memory.size();
  const end = <usize>memory.size() << 16;
  for (let at: usize = 8; at < end; at += 8) sum = rotl(sum, 1) ^ load<u64>(at);
  return <u32>(sum ^ (sum >> 32));
}

export function tcpAccepted(command: i32, b: i32): void {
  if (command == 0) writeSome(b);
  else header(digest(), 0, 0, 0, 0);
}
`;

/** Ends with the number of lives, at most 100, that began otherwise than the first one of their compartment. */
const kernel = (rounds: number): string => `
@external("platform", "exit") declare function exit(status: i32): void;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("compartment", "enter") declare function enter(compartment: i32, entry: i32, a: i32, b: i32): i32;
@external("compartment", "restart") declare function restart(compartment: i32): void;

let told: i32 = 0;
let wrong: i32 = 0;

export function http_header(id: i32, name: usize, nameLength: u32, value: usize, length: u32): i32 {
  told = id;
  return 0;
}

function look(who: i32): i32 {
  told = 0;
  enter(who, 3, 1, 0);
  return told;
}

export function start(): void {
  const first = look(0);
  restart(1);
  if (look(1) != first) wrong++;
  for (let round = 1; round <= ${rounds}; round++) {
    const who = round % 7 == 0 ? 1 : 0;
    if (enter(who, 3, 0, round) != 0) wrong = 100;
    restart(who);
    // To read all is not what a life usually does: those before and after shall be usual ones.
    if (round % ${LOOK_EVERY} != 0) continue;
    if (look(who) != first && wrong < 100) wrong++;
    restart(who);
  }
  enter(0, 3, 0, 1);
  if (look(0) == first) wrong = 100; // the digest sees what was written
}

export function run(): void {
  exit(wrong);
  for (;;) idle(0);
}
`;

/** Ends with the number of lives that began otherwise, at most 100; every sixth is looked at. */
export async function planLives(rounds: number): Promise<ImagePlan> {
  return planReplicas(await compileSource(kernel(rounds)), { app: await compileSource(APP) }, 2);
}
