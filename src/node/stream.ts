/**
 * node:stream: Node's own code, as the package `readable-stream` brings it, on our events and buffers; with the ways
 * between these streams and the Web's, which the package has not.
 *
 * Tests:  stream.test.ts, beside Node's own
 */
import Stream from "readable-stream/lib/stream.js";
import { fromWeb, toWeb, writableFromWeb, writableToWeb } from "./stream-adapters.ts";

Object.assign(Stream.Readable, { fromWeb, toWeb });
Object.assign(Stream.Writable, { fromWeb: writableFromWeb, toWeb: writableToWeb });

export const {
  Duplex,
  PassThrough,
  Readable,
  Transform,
  Writable,
  addAbortSignal,
  finished,
  getDefaultHighWaterMark,
  isErrored,
  isReadable,
  pipeline,
  promises,
  setDefaultHighWaterMark,
} = Stream;
const { Stream: Legacy, compose } = Stream as unknown as typeof Stream & {
  readonly Stream: typeof Stream;
  readonly compose: (...streams: readonly unknown[]) => InstanceType<typeof Stream.Duplex>;
};
export { compose, Legacy as Stream };
export default Stream;
