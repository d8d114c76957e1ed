/**
 * The one scratch buffer of HTTP: heads are composed in it, and bytes on their way to the app or from it pass through.
 * What stands in it is used before anything else is composed.
 */
import { reserve } from "../memory/arena";
import { RESPONSE_FIELDS_LIMIT } from "./limits";
import { STATUS_LINE_LIMIT } from "./status-line";

/** Room for a body behind the longest head. */
const BODY_ROOM: u32 = 32768;
/**
 * Date, Connection, the longest Content-Length or Transfer-Encoding, the empty line: 99 bytes, and what `copyShort` stores
 * behind what it is asked for.
 */
const SERVER_FIELDS_LIMIT: u32 = 160;

/** What a head needs at most, besides the app's fields. */
export const HEAD_ROOM: u32 = STATUS_LINE_LIMIT + SERVER_FIELDS_LIMIT;
export const SCRATCH_SIZE: u32 = HEAD_ROOM + RESPONSE_FIELDS_LIMIT + BODY_ROOM;
export let scratch: usize = 0;

export function startScratch(): void {
  if (scratch == 0) scratch = reserve(SCRATCH_SIZE);
}
