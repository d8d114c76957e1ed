/**
 * The way out of HTTP: a connection whose request was answered with 101 (RFC 9110 section 7.8) speaks another protocol
 * from then on. The server keeps the stream, its queue and its patience; what the bytes mean is the protocol's.
 *
 * An image has one such protocol or none: whoever implements it sets it at start.
 */
import { Connection, Phase } from "./connection";
import { releaseHead } from "./head-buffer";
import { endWait } from "./patience";

export abstract class Protocol {
  /** Bytes stand at `connection.input`; what is not taken is offered again. */
  abstract received(connection: Connection): void;

  /** All that waited has left. */
  abstract writable(connection: Connection): void;

  /** The peer will send no more. */
  abstract finished(connection: Connection): void;

  /** The stream is gone. */
  abstract closed(connection: Connection): void;

  /** The time that `setDeadline` gave is over. */
  abstract expired(connection: Connection): void;
}

let protocol: Protocol | null = null;

export function setProtocol(to: Protocol): void {
  protocol = to;
}

/** Of a connection in phase `Upgraded`. */
export function upgradedProtocol(): Protocol {
  return protocol!;
}

/** The connection's request is answered and its exchange is over, but it holds its compartment still; `upgraded` is the protocol's own word. */
export function upgrade(connection: Connection, upgraded: usize): void {
  connection.request = 0;
  endWait(connection);
  connection.phase = Phase.Upgraded;
  connection.upgraded = upgraded;
  releaseHead(connection);
  connection.gathered = 0;
}
