/** What the functions of node:crypto take for bytes, and how they give them. */
import { Buffer } from "../buffer.ts";
import { invalidType } from "../errors.ts";

const ACCEPTED = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"];

export function toBytes(value: unknown, name: string, encoding?: unknown, accepted = ACCEPTED): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw invalidType(name, accepted, value);
}

/** A Buffer, or text where an encoding is given. */
export function inEncoding(bytes: Uint8Array, encoding: unknown): Buffer | string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === null || encoding === "buffer"
    ? buffer
    : buffer.toString(encoding);
}
