/** Between Node's streams and the Web's. Each side waits for the other: nothing is piled up. */
import Stream from "readable-stream/lib/stream.js";
import type { Readable as ReadableStreamOfNode, Writable as WritableOfNode } from "node:stream";

interface Options {
  readonly highWaterMark?: number;
  readonly objectMode?: boolean;
  readonly encoding?: BufferEncoding;
}

export function fromWeb(web: ReadableStream<unknown>, options: Options = {}): ReadableStreamOfNode {
  const reader = web.getReader();
  return new Stream.Readable({
    ...options,
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, done) {
      reader.cancel(error ?? undefined).then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

export function toWeb(stream: ReadableStreamOfNode): ReadableStream<unknown> {
  const pieces = stream[Symbol.asyncIterator]();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value instanceof Uint8Array ? new Uint8Array(value) : value);
      },
      cancel(why) {
        stream.destroy(why instanceof Error ? why : undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

export function writableFromWeb(web: WritableStream<unknown>, options: Options = {}): WritableOfNode {
  const writer = web.getWriter();
  const settle = (work: Promise<unknown>, done: (error?: Error | null) => void) =>
    void work.then(
      () => done(),
      (error: unknown) => done(error as Error),
    );
  return new Stream.Writable({
    ...options,
    write: (piece, _encoding, done) => settle(writer.write(piece), done),
    final: (done) => settle(writer.close(), done),
    destroy(error, done) {
      if (error === null) done(null);
      else settle(writer.abort(error), () => done(error));
    },
  });
}

export function writableToWeb(stream: WritableOfNode): WritableStream<unknown> {
  return new WritableStream<unknown>({
    write: (piece) =>
      new Promise<void>((resolve, reject) =>
        stream.write(piece, (error) => (error ? reject(error) : resolve())),
      ),
    close: () => new Promise<void>((resolve) => stream.end(resolve)),
    abort(why) {
      stream.destroy(why instanceof Error ? why : undefined);
    },
  });
}
