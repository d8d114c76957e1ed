/**
 * Answers requests with assets: the head at once, the content as fast as the peer takes it, straight out of the image.
 */
import { startBody } from "../body";
import { Connection, Delimiter, Fact, Phase } from "../connection";
import { endExchange, prepareClose, resumeInput } from "../conversation";
import { clearDeadline } from "../deadline";
import { kill } from "../dispatch";
import { room, send } from "../output";
import { awaitPeer } from "../patience";
import { beginHead, endOwnHead } from "../response";
import { Responder } from "../responder";
import { scratch, SCRATCH_SIZE } from "../scratch";
import { askConnection } from "./asked";
import { contentAt, contentLength, decide, emitFields, FIELDS_ROOM, status } from "./decision";
import { readPack } from "./pack";

/** Status line, Date and the rest of a head. */
const HEAD_ROOM: u32 = 512;
if (FIELDS_ROOM + HEAD_ROOM > SCRATCH_SIZE) ERROR("every head fits");

/** Nobody else answers: what is not there is ours to tell. */
let isAlone: bool = false;

export function answerAlone(): void {
  isAlone = true;
}

export class AssetResponder extends Responder {
  answers(connection: Connection): bool {
    askConnection(connection);
    if (!decide(isAlone)) return false;
    begin(connection);
    return true;
  }

  writable(connection: Connection): void {
    sendContent(connection);
  }
}

function begin(connection: Connection): void {
  connection.phase = Phase.Content;
  connection.drained = 0;
  startBody(connection, connection.has(Fact.Chunked) ? -1 : connection.bodySize);
  clearDeadline(connection);
  prepareClose(connection);
  connection.contentAt = contentAt;
  let end = endOwnHead(connection, emitFields(beginHead(status)), status, contentLength);
  if (connection.delimiter == Delimiter.Bodiless) connection.responseLeft = 0;
  // What fits beside the head leaves with it; the rest knows when there is room.
  const headSize = <u32>(end - scratch);
  const space = room(connection);
  if (space > headSize) {
    const first = min(min(space, SCRATCH_SIZE) - headSize, <u32>connection.responseLeft);
    end += readPack(connection.contentAt, end, first);
    connection.contentAt += first;
    connection.responseLeft -= first;
  }
  if (send(connection, scratch, <u32>(end - scratch))) sendContent(connection);
  else kill(connection);
}

function sendContent(connection: Connection): void {
  while (connection.responseLeft != 0 && connection.unsent.length == 0) {
    // One byte more than there is room for: a write that was cut short is told of room.
    const wanted = min(connection.provider.space(connection.handle), SCRATCH_SIZE - 1) + 1;
    const part = readPack(connection.contentAt, scratch, <u32>min(<i64>wanted, connection.responseLeft));
    const taken = connection.provider.write(connection.handle, scratch, part);
    connection.contentAt += taken;
    connection.responseLeft -= taken;
    if (taken < part) break;
  }
  if (connection.responseLeft != 0) {
    awaitPeer(connection);
    return;
  }
  endExchange(connection);
  resumeInput(connection);
}
