/**
 * Reads the primitives of the binary format (Wasm 2.0 core, 5.2) from a range of a module.
 *
 * Throws `WasmError` of the kind malformed, in the words of the specification's tests. Integers are LEB128; those of
 * one byte, nearly all, take the short way.
 */
import { malformed } from "./error.ts";

const UNEXPECTED_END = "unexpected end of section or function";
const TOO_LONG = "integer representation too long";
const TOO_LARGE = "integer too large";

/** A leading byte order mark is part of a name. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    if (this.position >= this.end) throw malformed(this.end, UNEXPECTED_END);
    return this.bytes[this.position++]!;
  }

  /** A later byte of an integer: that it is too long counts for more than that its section ends. */
  private following(): number {
    if (this.position >= this.bytes.length) throw malformed(this.end, UNEXPECTED_END);
    const byte = this.bytes[this.position++]!;
    if (byte < 0x80 && this.position > this.end) throw malformed(this.end, UNEXPECTED_END);
    return byte;
  }

  /** An unsigned integer of 32 bits. */
  u32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let result = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const next = this.following();
      result |= (next & 0x7f) << shift;
      if (next < 0x80) return result;
    }
    const last = this.following();
    if ((last & 0x70) !== 0) throw malformed(this.position - 1, TOO_LARGE);
    if (last >= 0x80) this.failTooLong();
    return (result | (last << 28)) >>> 0;
  }

  /** A signed integer of 32 bits. */
  s32(): number {
    const first = this.byte();
    if (first < 0x80) return (first << 25) >> 25;
    let result = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const next = this.following();
      result |= (next & 0x7f) << shift;
      if (next < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
    const last = this.following();
    const sign = last & 0x78;
    if (sign !== 0 && sign !== 0x78) throw malformed(this.position - 1, TOO_LARGE);
    if (last >= 0x80) this.failTooLong();
    return result | (last << 28);
  }

  /** A signed integer of 33 bits, as block types have. */
  s33(): number {
    const first = this.byte();
    if (first < 0x80) return (first << 25) >> 25;
    let result = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const next = this.following();
      result |= (next & 0x7f) << shift;
      if (next < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
    const last = this.following();
    const sign = last & 0x70;
    if (sign !== 0 && sign !== 0x70) throw malformed(this.position - 1, TOO_LARGE);
    if (last >= 0x80) this.failTooLong();
    return result + ((last << 27) >> 27) * 0x1000_0000;
  }

  /** A signed integer of 64 bits. */
  s64(): bigint {
    const first = this.byte();
    if (first < 0x80) return BigInt((first << 25) >> 25);
    // Pieces of 28, 28 and 14 bits are small integers.
    let low = first & 0x7f;
    let middle = 0;
    let high = 0;
    let shift = 7;
    for (; ; shift += 7) {
      const next = this.following();
      if (shift === 63) this.checkLastOfS64(next);
      if (shift < 28) low |= (next & 0x7f) << shift;
      else if (shift < 56) middle |= (next & 0x7f) << (shift - 28);
      else high |= (next & 0x7f) << (shift - 56);
      if (next < 0x80) break;
    }
    const bits = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
    return BigInt.asIntN(Math.min(shift + 7, 64), bits);
  }

  private checkLastOfS64(last: number): void {
    const sign = last & 0x7f;
    if (sign !== 0 && sign !== 0x7f) throw malformed(this.position - 1, TOO_LARGE);
    if (last >= 0x80) this.failTooLong();
  }

  /** Bytes may end before an integer is too long. */
  private failTooLong(): never {
    if (this.position >= this.bytes.length) throw malformed(this.end, UNEXPECTED_END);
    throw malformed(this.position, TOO_LONG);
  }

  f32Bits(): number {
    const position = this.skip(4);
    return this.view.getInt32(position, true);
  }

  f64Bits(): bigint {
    const position = this.skip(8);
    return this.view.getBigUint64(position, true);
  }

  v128Bits(): bigint {
    const position = this.skip(16);
    return (this.view.getBigUint64(position + 8, true) << 64n) | this.view.getBigUint64(position, true);
  }

  /** Steps over bytes; gives where they start. */
  skip(sizeBytes: number): number {
    const position = this.position;
    if (sizeBytes > this.end - position) throw malformed(this.end, UNEXPECTED_END);
    this.position = position + sizeBytes;
    return position;
  }

  /** A vector's length; each element takes a byte at least. */
  count(): number {
    const position = this.position;
    const count = this.u32();
    if (count > this.end - this.position) {
      throw malformed(position, `length out of bounds: ${UNEXPECTED_END}, ${count} entries cannot fit`);
    }
    return count;
  }

  /** Bytes with their length before them: where they start; `position` is after them. */
  sized(): number {
    const position = this.position;
    const sizeBytes = this.u32();
    if (sizeBytes > this.end - this.position) {
      throw malformed(position, `length out of bounds: ${UNEXPECTED_END}, ${sizeBytes} bytes cannot fit`);
    }
    return this.skip(sizeBytes);
  }

  name(): string {
    const start = this.sized();
    try {
      return UTF8.decode(this.bytes.subarray(start, this.position));
    } catch {
      throw malformed(start, "invalid UTF-8 encoding (malformed UTF-8 encoding)");
    }
  }
}
