/** What the binary format means in proposals that are not supported, so that a module is refused by a name. */

export const EXCEPTIONS = "exceptions";
export const GC = "gc";
export const TYPED_REFERENCES = "typed function references";
const STACK_SWITCHING = "stack switching";
export const SHARED_EVERYTHING = "shared-everything threads";
export const MEMORY64 = "memory64";
export const MULTI_MEMORY = "multi-memory";
export const CUSTOM_PAGE_SIZES = "custom page sizes";
export const CUSTOM_DESCRIPTORS = "custom descriptors";
export const COMPONENT_MODEL = "component model";
const WAIT_AND_NOTIFY = "wait/notify of threads";

type Ranges = readonly (readonly [first: number, last: number, proposal: string])[];

export const RESERVED_OPCODES: Ranges = [
  [0x06, 0x0a, EXCEPTIONS], // try, catch, throw, rethrow, throw_ref
  [0x14, 0x15, TYPED_REFERENCES], // call_ref, return_call_ref
  [0x18, 0x19, EXCEPTIONS], // delegate, catch_all
  [0x1f, 0x1f, EXCEPTIONS], // try_table
  [0xd3, 0xd3, GC], // ref.eq
  [0xd4, 0xd6, TYPED_REFERENCES], // ref.as_non_null, br_on_null, br_on_non_null
  [0xe0, 0xe6, STACK_SWITCHING], // cont.new to switch
  [0xfb0000, 0xfbffff, GC],
  [0xfc0012, 0xfc0012, "memory control"], // memory.discard
  [0xfc0013, 0xfc0016, "wide arithmetic"],
  [0xfd0100, 0xfd0131, "relaxed SIMD"],
  [0xfe0004, 0xfe0004, SHARED_EVERYTHING], // pause
  [0xfe004f, 0xfe00ff, SHARED_EVERYTHING],
];

/** Decoded, and then refused by the validator. */
export const WAITING_OPCODES: Ranges = [[0xfe0000, 0xfe0002, WAIT_AND_NOTIFY]];

export const RESERVED_VALUE_TYPES: Ranges = [
  [0x63, 0x64, TYPED_REFERENCES], // (ref null ht), (ref ht)
  [0x65, 0x65, SHARED_EVERYTHING],
  [0x68, 0x68, STACK_SWITCHING],
  [0x69, 0x69, EXCEPTIONS], // exnref
  [0x6a, 0x6e, GC], // arrayref to anyref
  [0x71, 0x73, GC], // nullref, nullexternref, nullfuncref
  [0x74, 0x74, EXCEPTIONS], // nullexnref
  [0x75, 0x75, STACK_SWITCHING],
];

/** What stands where a function type's 0x60 may. */
export const RESERVED_TYPE_FORMS: Ranges = [
  [0x4e, 0x50, GC], // rec, sub final, sub
  [0x5d, 0x5d, STACK_SWITCHING],
  [0x5e, 0x5f, GC], // array, struct
  [0x65, 0x65, SHARED_EVERYTHING],
];

export function proposalOf(ranges: Ranges, code: number): string | undefined {
  return ranges.find(([first, last]) => code >= first && code <= last)?.[2];
}
