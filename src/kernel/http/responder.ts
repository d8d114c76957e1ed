/**
 * Who answers requests inside the kernel, before any app is asked: the `assets` service, where an image has it.
 *
 * Set at start, like the protocol of an upgrade (`upgrade.ts`).
 */
import { Connection } from "./connection";

export abstract class Responder {
  /** Answers the request whose head stands in `connection`, and begins its phase `Content`; or leaves it to the app. */
  abstract answers(connection: Connection): bool;

  /** In phase `Content`: all that waited has left. */
  abstract writable(connection: Connection): void;
}

let responder: Responder | null = null;

export function setResponder(to: Responder): void {
  responder = to;
}

/** Whether the request is answered. */
export function isAnswered(connection: Connection): bool {
  const to = responder;
  return to != null && to.answers(connection);
}

/** Of a connection in phase `Content`. */
export function contentWritable(connection: Connection): void {
  responder!.writable(connection);
}
