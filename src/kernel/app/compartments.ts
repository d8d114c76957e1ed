/**
 * The compartments that apps run in: one, or many of one kind. Which of them runs, and how each is.
 *
 * What a service keeps for an app it keeps with the number of its compartment, and looks at `running` in every call: a
 * number that another compartment was given names nothing.
 *
 * Owns:   the state of each compartment, and the list of those that went down.
 */
import { EnterStatus } from "../../abi/entry";
import { reserve } from "../memory/arena";

@final
@unmanaged
export class CompartmentState {
  /** How it went down; `Returned` while it is up. */
  fall: EnterStatus;
  /** Requests that it has and has not answered. */
  open: u32;
  /** Processor time in ns: since it began, or above its share (`renew.ts`). */
  spent: i64;
  /** Monotonic ns when `spent` was last made up. */
  spentAt: i64;
  /** The app asked for its end. */
  wantsEnd: bool;
  /** It was begun: `Start` has been entered. */
  begun: bool;
  /** It is among the fallen: once, however often it went down since they were looked at. */
  listed: bool;
}

const STATE_SIZE: usize = 40;
if (offsetof<CompartmentState>() > STATE_SIZE) ERROR("a compartment's state fits its place");

/** Of one, until there are more. */
let states: usize = memory.data(40, 8);
let total: u32 = 1;
let fallen: usize = 0;
let fallenCount: u32 = 0;

/** Whose service call runs: the compartment that was entered last and has not returned. */
export let running: u32 = 0;

/** Sets which compartment runs: which one did. */
export function setRunning(who: u32): u32 {
  const outer = running;
  running = who;
  return outer;
}

/** Of an image that keeps requests apart. */
export function startCompartments(count: u32): void {
  states = reserve(<usize>count * STATE_SIZE);
  fallen = reserve(<usize>count * sizeof<u32>());
  total = count;
}

/** Whether there are many: then none of them can end the machine. */
export function isIsolated(): bool {
  return fallen != 0;
}

export function compartments(): u32 {
  return total;
}

/** Requests among which a compartment's part of what all share is divided: 1 where there is one compartment. */
export function sharers(who: u32): u32 {
  return isIsolated() ? max<u32>(stateOf(who).open, 1) : 1;
}

export function stateOf(who: u32): CompartmentState {
  return changetype<CompartmentState>(states + <usize>who * STATE_SIZE);
}

export function isDown(who: u32): bool {
  return stateOf(who).fall != EnterStatus.Returned;
}

/** It is entered no more until it has been begun anew. */
export function noteFall(who: u32, status: EnterStatus): void {
  const state = stateOf(who);
  if (state.fall != EnterStatus.Returned) return;
  state.fall = status;
  if (!isIsolated() || state.listed) return;
  state.listed = true;
  store<u32>(fallen + <usize>fallenCount * sizeof<u32>(), who);
  fallenCount++;
}

/** One that went down since it was last asked for, or -1. */
export function takeFallen(): i32 {
  if (fallenCount == 0) return -1;
  fallenCount--;
  const who = load<i32>(fallen + <usize>fallenCount * sizeof<u32>());
  stateOf(<u32>who).listed = false;
  return who;
}

export function anyFallen(): bool {
  return fallenCount != 0;
}
