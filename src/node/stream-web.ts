/** node:stream/web (Node 20): the Web's streams, which are global. */
const scope = globalThis;

export const ReadableStream = scope.ReadableStream;
export const ReadableStreamDefaultReader = scope.ReadableStreamDefaultReader;
export const ReadableStreamBYOBReader = scope.ReadableStreamBYOBReader;
export const ReadableStreamDefaultController = scope.ReadableStreamDefaultController;
export const ReadableByteStreamController = scope.ReadableByteStreamController;
export const ReadableStreamBYOBRequest = scope.ReadableStreamBYOBRequest;
export const WritableStream = scope.WritableStream;
export const WritableStreamDefaultWriter = scope.WritableStreamDefaultWriter;
export const WritableStreamDefaultController = scope.WritableStreamDefaultController;
export const TransformStream = scope.TransformStream;
export const TransformStreamDefaultController = scope.TransformStreamDefaultController;
export const ByteLengthQueuingStrategy = scope.ByteLengthQueuingStrategy;
export const CountQueuingStrategy = scope.CountQueuingStrategy;
export const TextEncoderStream = scope.TextEncoderStream;
export const TextDecoderStream = scope.TextDecoderStream;

export default {
  ReadableStream,
  ReadableStreamDefaultReader,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultController,
  ReadableByteStreamController,
  ReadableStreamBYOBRequest,
  WritableStream,
  WritableStreamDefaultWriter,
  WritableStreamDefaultController,
  TransformStream,
  TransformStreamDefaultController,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  TextEncoderStream,
  TextDecoderStream,
};
