/**
 * The client's side of the opening handshake (RFC 6455 section 4.1): the fields that ask for a WebSocket, and whether a
 * 101 gives it. What was chosen of the protocols that the app offered is the app's to judge.
 *
 * Tests: handshake.test.ts, tests/functional/websocket-client.test.ts
 */
import { fillRandom } from "../../entropy/random";
import { matches, skipBlanks, skipToken, skipValue, storeText, trimBlanks } from "../characters";
import { Exchange, KEY_LENGTH } from "../client/exchange";
import { Switching } from "../client/switching";
import { element, elementLength, findElement, trimmedLength } from "../lists";
import { emitProof } from "../websocket/handshake";
import { emitBase64 } from "../websocket/sha1";
import { socketAt, socketPlaces, State } from "../websocket/socket";

const NONCE_LENGTH: u32 = 16;
const PROOF_LENGTH: u32 = 28;
const nonce: usize = memory.data(16, 8);
const proof: usize = memory.data(32, 8);

export class WebSocketSwitching extends Switching {
  emitFields(exchange: Exchange, end: usize): usize {
    fillRandom(nonce, NONCE_LENGTH);
    emitBase64(exchange.key, nonce, NONCE_LENGTH);
    end = storeText(
      end,
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
    );
    memory.copy(end, exchange.key, KEY_LENGTH);
    return storeText(end + KEY_LENGTH, "\r\n");
  }

  count(who: u32): u32 {
    let count: u32 = 0;
    for (let place: u32 = 0; place < socketPlaces(); place++) {
      const socket = socketAt(place);
      if (socket.state != State.Free && socket.isClient && socket.compartment == who) count++;
    }
    return count;
  }

  /** Section 4.1, what a client has to validate, 2 to 5: extensions were not offered, so none may be chosen. */
  accepts(exchange: Exchange): bool {
    emitProof(proof, exchange.key);
    let isUpgraded = false;
    let isConnected = false;
    let isProven = false;
    const stop = exchange.buffer + exchange.line - 2;
    for (let at = exchange.buffer + exchange.fieldsOffset; at < stop;) {
      const colon = skipToken(at, stop);
      const lineEnd = skipValue(colon + 1, stop);
      const value = skipBlanks(colon + 1, lineEnd);
      const valueEnd = trimBlanks(value, lineEnd);
      const length = <u32>(colon - at);
      if (matches(at, length, "upgrade")) {
        if (!matches(value, <u32>(valueEnd - value), "websocket")) return false;
        isUpgraded = true;
      } else if (matches(at, length, "connection")) {
        isConnected = isConnected || lists(value, valueEnd);
      } else if (matches(at, length, "sec-websocket-accept")) {
        if (isProven || valueEnd - value != PROOF_LENGTH) return false;
        if (memory.compare(value, proof, PROOF_LENGTH) != 0) return false;
        isProven = true;
      } else if (matches(at, length, "sec-websocket-extensions")) {
        return false;
      }
      at = lineEnd + 2;
    }
    return isUpgraded && isConnected && isProven;
  }
}

function lists(value: usize, stop: usize): bool {
  for (let at = value; at < stop; at = element + elementLength + 1) {
    at = findElement(at, stop);
    if (matches(element, <u32>trimmedLength, "upgrade")) return true;
  }
  return false;
}
