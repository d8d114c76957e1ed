/** Where the bytes of a body come from that the kernel has: a request's, or a response's to our own request. */
export abstract class BodySource {
  abstract hasBody(): boolean;

  /** The next piece; undefined at the end. */
  abstract read(): Promise<Uint8Array | undefined>;

  /** Nobody will read the rest. */
  abstract cancel(): void;
}
