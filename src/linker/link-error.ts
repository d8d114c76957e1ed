/** A program that cannot be linked, in a message for its author. */
export class LinkError extends Error {
  readonly code: "unknown-import" | "incompatible-import" | "limit";

  constructor(code: LinkError["code"], message: string) {
    super(message);
    this.name = "LinkError";
    this.code = code;
  }
}
