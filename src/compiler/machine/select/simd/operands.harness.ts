/** Vectors whose lanes are what goes wrong: limits of every width, NaNs, infinities, zeros of both signs. */

/** Repeatable, and good enough for tests. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

const FLOATS = [
  ...[
    0, 0.5, 1, 1.5, 2.5, 8388608.5, 2147483647, 2147483648, 4294967295, 4294967296, 9e18, 1e38, 1e300, 5e-324,
  ],
  ...[2147483647.5, 4294967295.5, 2147483520, 4294967040, Infinity, NaN, 1e-40, 65535.9, 0.1],
].flatMap((each) => [each, -each]);
const NAN_PAYLOAD = 0x7fa1_2345;

const BYTES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff, 0x0f, 0xf0, 0x10];
const WORDS = [0x0000, 0x0001, 0x7fff, 0x8000, 0x8001, 0xffff, 0x00ff, 0xff00, 0x0100, 0xff80, 0x007f];
const LONGS = [0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xffff, 0xffff8000, 0x10000];

/** `count` vectors of 16 bytes each, one after the other. */
export function vectors(count: number, seed: number): Uint8Array {
  const random = generator(seed);
  const bytes = new Uint8Array(count * 16);
  for (let at = 0; at < count; at++) fill(new DataView(bytes.buffer, at * 16, 16), random);
  return bytes;
}

function fill(view: DataView, random: () => number): void {
  const choose = (list: readonly number[]): number => list[(random() >>> 8) % list.length]!;
  const kind = (random() >>> 8) % 6;
  for (let at = 0; at < 16; at += 8) {
    for (let half = at; half < at + 8; half += 4) {
      if (kind === 0) view.setFloat32(half, choose(FLOATS), true);
      else if (kind === 1) for (let i = 0; i < 4; i++) view.setUint8(half + i, choose(BYTES));
      else if (kind === 2) for (let i = 0; i < 4; i += 2) view.setUint16(half + i, choose(WORDS), true);
      else if (kind === 3) view.setUint32(half, choose(LONGS), true);
      else view.setUint32(half, random(), true);
    }
    if (kind === 4) view.setFloat64(at, choose(FLOATS), true);
  }
  if (kind === 0 && random() >>> 31 === 1) view.setUint32(4 * (random() >>> 30), NAN_PAYLOAD, true);
}

/** Whether 16 bytes are the same, taking all NaNs of floats of `laneBytes` bytes for one; 0: they are no floats. */
export function isSame(a: Uint8Array, b: Uint8Array, laneBytes: number): boolean {
  if (a.every((byte, index) => byte === b[index])) return true;
  if (laneBytes === 0) return false;
  const [left, right] = [new DataView(a.buffer, a.byteOffset, 16), new DataView(b.buffer, b.byteOffset, 16)];
  for (let at = 0; at < 16; at += laneBytes) {
    const isLaneSame = a.subarray(at, at + laneBytes).every((byte, index) => byte === b[at + index]);
    const read = (view: DataView) =>
      laneBytes === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    if (!isLaneSame && !(Number.isNaN(read(left)) && Number.isNaN(read(right)))) return false;
  }
  return true;
}
