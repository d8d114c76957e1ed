import test from "node:test";
import {
  assertAccepted,
  assertRefused,
  HEADER,
  leb,
  moduleOf,
  moduleWithCode,
  name,
  section,
  vector,
  type Bytes,
  type Refusal,
} from "./module.harness.ts";

const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const TYPE = section(1, vector([[0x60, 0, 0]]));
const FUNCTION = section(3, [1, 0]);
const code = (...bodies: Bytes[]): Bytes =>
  section(10, vector(bodies.map((body) => [...leb(body.length), ...body])));
const MEMORY = section(5, [1, 0, 1]);

/** Bytes that are no module. Positions are those of the byte at fault. */
const MALFORMED: readonly (readonly [what: string, bytes: Uint8Array, message: string, offset: number])[] = [
  ["no bytes", raw(), "unexpected end", 0],
  ["half a header", raw(0x00, 0x61, 0x73), "unexpected end", 3],
  ["another magic", raw(0x00, 0x6d, 0x73, 0x61, 1, 0, 0, 0), "magic header not detected", 0],
  ["another version", raw(0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 0, 0), "unknown binary version", 4],
  ["an unknown section", moduleOf([14, 0]), "malformed section id", 8],
  ["a section twice", moduleOf(TYPE, TYPE), "unexpected content after last section", 14],
  ["sections out of order", moduleOf(MEMORY, TYPE), "unexpected content after last section", 13],
  ["a section past the end", moduleOf([1, 5, 0]), "length out of bounds", 9],
  ["bytes after a section's contents", moduleOf([1, 2, 0, 0]), "section size mismatch", 11],
  ["a section that ends in an entry", moduleOf([1, 2, 1, 0x60]), "unexpected end of section or function", 12],
  ["more entries than bytes", moduleOf(section(1, [5, 0x60])), "length out of bounds: unexpected end", 10],
  ["a type's form", moduleOf(section(1, [1, 0x40, 0, 0])), "malformed function type form", 11],
  [
    "a type's form of two bytes",
    moduleOf(section(1, [1, 0xe0, 0x7f, 0, 0])),
    "integer representation too long",
    11,
  ],
  ["a value type", moduleOf(section(1, [1, 0x60, 1, 0x40, 0])), "malformed value type", 13],
  ["a packed type as a value's", moduleOf(section(1, [1, 0x60, 1, 0x78, 0])), "malformed value type", 13],
  ["a kind of import", moduleOf(section(2, [1, 0, 0, 5])), "malformed import kind", 13],
  ["a name in bad UTF-8", moduleOf(section(2, [1, 1, 0xff, 0, 0, 0])), "invalid UTF-8 encoding", 12],
  ["a reference type", moduleOf(section(4, [1, 0x7f, 0, 0])), "malformed reference type", 11],
  ["flags of a table's limits", moduleOf(section(4, [1, 0x70, 8, 0])), "malformed limits flags", 12],
  ["flags of a memory's limits", moduleOf(section(5, [1, 0x10, 0])), "integer too large", 11],
  ["long flags of limits", moduleOf(section(5, [1, 0x81, 0, 0])), "integer representation too long", 11],
  ["a mutability", moduleOf(section(6, [1, 0x7f, 2, 0x41, 0, 0x0b])), "malformed mutability", 12],
  ["an initial value without end", moduleOf(section(6, [1, 0x7f, 0, 0x41, 0])), "unexpected end", 15],
  ["a kind of export", moduleOf(section(7, [1, 0, 5, 0])), "malformed export kind", 12],
  ["a kind of elem segment", moduleOf(section(9, [1, 8, 0, 0])), "malformed elements segment kind", 11],
  ["a kind of elements", moduleOf(section(9, [1, 1, 1, 0])), "malformed element kind", 12],
  ["a kind of data segment", moduleOf(section(11, [1, 3, 0])), "malformed data segment kind", 11],
  [
    "a function without body",
    moduleOf(TYPE, FUNCTION),
    "function and code section have inconsistent lengths",
    18,
  ],
  ["a body without function", moduleOf(TYPE, code([0, 0x0b])), "inconsistent lengths", 20],
  [
    "fewer data than counted",
    moduleOf(section(12, [1])),
    "data count and data section have inconsistent lengths",
    11,
  ],
  ["a body of no bytes", moduleOf(TYPE, FUNCTION, section(10, [1, 0])), "unexpected end", 22],
  [
    "too many locals for 32 bits",
    moduleOf(TYPE, FUNCTION, code([2, ...leb(0xffffffff), 0x7f, 1, 0x7f, 0x0b])),
    "too many locals",
    29,
  ],
  ["a custom section without name", moduleOf([0, 0]), "unexpected end", 10],
  ["a custom section's name in bad UTF-8", moduleOf(section(0, [1, 0x80])), "invalid UTF-8 encoding", 11],
];

/** Offsets in the code of a module with one function count from its first instruction. */
const FIRST = HEADER.length + TYPE.length + FUNCTION.length + 5;

const MALFORMED_CODE: readonly (readonly [what: string, code: Bytes, message: string, offset: number])[] = [
  ["an opcode", [0x01, 0x27], "illegal opcode 27", 1],
  ["0xff", [0xff], "illegal opcode ff", 0],
  ["a saturating conversion", [0xfc, 0x18], "illegal opcode fc 18", 0],
  ["an opcode of vectors", [0xfd, 0x9a, 0x01], "illegal opcode fd 9a", 0],
  ["an opcode beyond all tables", [0xfc, 0xff, 0xff, 0x7f], "illegal opcode fc ffff", 0],
  ["an opcode that is cut", [0xfd, 0x80], "illegal opcode fd 580", 0],
  ["an else outside an if", [0x02, 0x40, 0x05, 0x0b], "END opcode expected", 2],
  ["no end of a block", [0x02, 0x40], "END opcode expected", 3],
  ["code after the end", [0x0b, 0x01], "section size mismatch", 1],
  ["the end of a constant", [0x43, 0, 0], "unexpected end", 4],
  ["a long integer", [0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a], "integer representation too long", 6],
  ["a large integer", [0x41, 0xff, 0xff, 0xff, 0xff, 0x4f, 0x1a], "integer too large", 5],
  ["a block's type", [0x02, 0x41, 0x0b], "malformed block type", 1],
  ["a reserved byte", [0xfc, 0x0b, 0x80, 0x00], "zero byte expected", 2],
  ["a fence's byte", [0xfe, 0x03, 0x01], "zero byte expected", 2],
  ["flags of a memory access", [0x41, 0, 0x28, 0x20, 0, 0x1a], "malformed memop flags", 3],
  ["long flags of a memory access", [0x41, 0, 0x28, 0x80, 1, 0, 0x1a], "malformed memop flags", 3],
  ["a null of numbers", [0xd0, 0x7f, 0x1a], "malformed reference type", 1],
  ["more labels than bytes", [0x41, 0, 0x0e, 0x7f, 0], "length out of bounds", 3],
];

/** What proposals that are not supported put into modules. */
const UNSUPPORTED: readonly (readonly [bytes: Uint8Array, proposal: string, offset: number])[] = [
  [raw(0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), "component model", 4],
  [moduleOf(section(1, [1, 0x4e, 0])), "gc", 11],
  [moduleOf(section(1, [1, 0x50, 0, 0x60, 0, 0])), "gc", 11],
  [moduleOf(section(1, [1, 0x5e, 0x7f, 0])), "gc", 11],
  [moduleOf(section(1, [1, 0x5f, 0])), "gc", 11],
  [moduleOf(section(1, [1, 0x5d, 0])), "stack switching", 11],
  [moduleOf(section(1, [1, 0x60, 1, 0x63, 0x70, 0])), "typed function references", 13],
  [moduleOf(section(1, [1, 0x60, 1, 0x64, 0x70, 0])), "typed function references", 13],
  [moduleOf(section(1, [1, 0x60, 1, 0x6e, 0])), "gc", 13],
  [moduleOf(section(1, [1, 0x60, 1, 0x69, 0])), "exceptions", 13],
  [moduleOf(section(2, [1, 0, 0, 4, 0, 0])), "exceptions", 13],
  [moduleOf(section(2, [1, 0, 0, 0x20, 0])), "custom descriptors", 13],
  [moduleOf(section(4, [1, 0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b])), "typed function references", 11],
  [moduleOf(section(4, [1, 0x70, 4, 0])), "memory64", 12],
  [moduleOf(section(4, [1, 0x70, 3, 0, 0])), "shared-everything threads", 12],
  [moduleOf(section(5, [1, 4, 0])), "memory64", 11],
  [moduleOf(section(5, [1, 8, 0, 0])), "custom page sizes", 11],
  [moduleOf(section(5, [2, 0, 0, 0, 0])), "multi-memory", 13],
  [moduleOf(section(13, [1, 0, 0])), "exceptions", 10],
  [moduleOf(TYPE, section(7, [1, 0, 4, 0])), "exceptions", 18],
];

const UNSUPPORTED_CODE: readonly (readonly [code: Bytes, proposal: string])[] = [
  [[0x06, 0x40, 0x0b], "exceptions"],
  [[0x08, 0x00], "exceptions"],
  [[0x0a], "exceptions"],
  [[0x1f, 0x40, 0, 0x0b], "exceptions"],
  [[0x14, 0x00], "typed function references"],
  [[0xd0, 0x01], "typed function references"],
  [[0xd3], "gc"],
  [[0xd4], "typed function references"],
  [[0xe0, 0x00], "stack switching"],
  [[0xe3, 0x00, 0x00], "stack switching"],
  [[0xfb, 0x00, 0x00], "gc"],
  [[0xfc, 0x13], "wide arithmetic"],
  [[0xfd, 0x80, 0x02], "relaxed SIMD"],
  [[0x3f, 0x01], "multi-memory"],
  [[0x41, 0, 0x28, 0x42, 0, 0], "multi-memory"],
  [[0x41, 0, 0x41, 0, 0xfe, 0x00, 2, 0], "wait/notify of threads"],
  [[0x41, 0, 0x41, 0, 0x42, 0, 0xfe, 0x01, 2, 0], "wait/notify of threads"],
];

for (const [what, bytes, message, offset] of MALFORMED) {
  test(`malformed: ${what}`, () => assertRefused(bytes, { kind: "malformed", message, offset }));
}

for (const [what, instructions, message, offset] of MALFORMED_CODE) {
  test(`malformed code: ${what}`, () => {
    const expected: Refusal = { kind: "malformed", message, offset: FIRST + offset };
    assertRefused(moduleWithCode(instructions), expected);
  });
}

for (const [bytes, proposal, offset] of UNSUPPORTED) {
  test(`refuses ${proposal} by name: ${Buffer.from(bytes.subarray(8)).toString("hex")}`, () =>
    assertRefused(bytes, { kind: "unsupported", message: `the ${proposal} proposal`, offset, proposal }));
}

for (const [instructions, proposal] of UNSUPPORTED_CODE) {
  test(`refuses ${proposal} by name: code ${Buffer.from(instructions).toString("hex")}`, () => {
    const bytes = moduleWithCode(instructions, MEMORY);
    assertRefused(bytes, { kind: "unsupported", message: `the ${proposal} proposal`, proposal });
  });
}

test("the modules above are accepted without their faults", () => {
  assertAccepted(moduleOf());
  assertAccepted(moduleOf(TYPE, FUNCTION, code([0, 0x0b]), section(0, name("anything"))));
  assertAccepted(moduleWithCode([0x41, 0, 0x28, 0x02, 0, 0x1a, 0xfe, 0x03, 0x00], MEMORY));
});
