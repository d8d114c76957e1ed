/**
 * The script: the sources of `Part`, in order, each ended by a NUL.
 *
 * The platform asks for room once, before `start`, and puts the script there.
 */
import { Part } from "../../runtime/host-call";
import { initialize, malloc } from "./engine";

let script: usize = 0;
let scriptLength: usize = 0;

/** Room for a script of this many bytes, in the memory that the app and the engine share. */
export function reserveSource(length: usize): usize {
  initialize(); // The first thing that happens in the compartment: from here on the heap can be used.
  script = malloc(length + 1);
  scriptLength = length;
  if (script == 0) unreachable();
  // Ends the last source even if the script does not.
  store<u8>(script + length, 0);
  return script;
}

/** Where a source begins; an empty one where the script has fewer. */
export function sourceOf(part: Part): usize {
  const end = script + scriptLength;
  let source = script;
  for (let index: i32 = 0; index < part; index++) {
    while (source < end && load<u8>(source) != 0) source++;
    if (source < end) source++;
  }
  return source;
}

export function sourceLength(part: Part): usize {
  const source = sourceOf(part);
  let end = source;
  while (load<u8>(end) != 0) end++;
  return end - source;
}
