/**
 * The server's side of the opening handshake (RFC 6455 section 4.2): whether a request asks for a WebSocket, and the
 * 101 that gives it one.
 *
 * Tests: websocket.test.ts
 */
import { Method, Status } from "../../../abi/status";
import { copyIn } from "../../cpu/compartment";
import { BodyState } from "../body-state";
import { CRLF, matches, storeText } from "../characters";
import { Connection, Fact } from "../connection";
import { element, elementLength, findElement, trimmedLength } from "../lists";
import { send } from "../output";
import { nameAt, nameLength, valueAt, valueLength } from "../request";
import { checkFields } from "../response-fields";
import { scratch } from "../scratch";
import { digest, DIGEST, emitBase64 } from "./sha1";

const KEY_LENGTH: u32 = 24;
const PROOF_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const PROOF_SALT_LENGTH: u32 = 36;

const asked: usize = memory.data(64, 8);
const hash: usize = memory.data(24, 8);
let key: usize = 0;

/** `Ok`, `Refused` for another version, or `Invalid` for what is no such request. */
export function checkRequest(connection: Connection): Status {
  if (connection.method != Method.Get || connection.has(Fact.Old)) return Status.Invalid;
  if (connection.bodyState != BodyState.End || connection.peerFinished) return Status.Invalid;
  if (!lists(connection, "upgrade", "websocket") || !lists(connection, "connection", "upgrade"))
    return Status.Invalid;
  const version = fieldOf(connection, "sec-websocket-version");
  if (version == 0 || !matches(valueAt(connection, version), valueLength(version), "13"))
    return Status.Refused;
  const field = fieldOf(connection, "sec-websocket-key");
  if (field == 0 || valueLength(field) != KEY_LENGTH) return Status.Invalid;
  key = valueAt(connection, field);
  return isKey(key) ? Status.Ok : Status.Invalid;
}

/** The only field of this name, or 0; one that is there twice is none. */
function fieldOf(connection: Connection, name: string): u64 {
  let found: u64 = 0;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    if (!matches(nameAt(connection, field), nameLength(field), name)) continue;
    if (found != 0) return 0;
    found = field;
  }
  return found;
}

/** Whether some field of this name lists `token`. */
function lists(connection: Connection, name: string, token: string): bool {
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    if (!matches(nameAt(connection, field), nameLength(field), name)) continue;
    const stop = valueAt(connection, field) + valueLength(field);
    for (let at = valueAt(connection, field); at < stop; at = element + elementLength + 1) {
      at = findElement(at, stop);
      if (matches(element, <u32>trimmedLength, token)) return true;
    }
  }
  return false;
}

/** 16 bytes in base64: 22 characters of its alphabet and "==". */
function isKey(at: usize): bool {
  for (let index: u32 = 0; index < KEY_LENGTH - 2; index++) {
    const character = load<u8>(at + index);
    const letter = (character | 0x20) - 0x61 < 26;
    if (!letter && character - 0x30 >= 10 && character != 0x2b && character != 0x2f) return false;
  }
  return load<u16>(at + KEY_LENGTH - 2) == 0x3d3d;
}

/** Writes what shows that a client's key was read: 28 characters. */
export function emitProof(at: usize, clientsKey: usize): usize {
  memory.copy(asked, clientsKey, KEY_LENGTH);
  storeText(asked + KEY_LENGTH, PROOF_SALT);
  digest(asked, KEY_LENGTH + PROOF_SALT_LENGTH, hash);
  return emitBase64(at, hash, DIGEST);
}

/** Sends the 101 for a request that `checkRequest` found good, with the app's fields. `Invalid` where those are. */
export function sendAcceptance(connection: Connection, fields: usize, fieldsLength: u32): Status {
  let at = storeText(
    scratch,
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
  );
  at = emitProof(at, key);
  store<u16>(at, CRLF);
  copyIn(at + 2, fields, fieldsLength);
  at = checkFields(at + 2, fieldsLength);
  if (at == 0) return Status.Invalid;
  store<u16>(at, CRLF);
  return send(connection, scratch, <u32>(at + 2 - scratch)) ? Status.Ok : Status.Full;
}
