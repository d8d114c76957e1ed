/**
 * Small modules through which values pass between JavaScript and V8's WebAssembly bit by bit. JavaScript cannot
 * hold a v128 and need not keep the payload of a NaN, so numbers travel in a memory, 16 bytes a value; references
 * travel in globals.
 *
 * Tests: bridge.test.ts
 */
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import type { Value } from "../value.ts";

const SLOT_BYTES = 16;

/** What of a type's values passes through memory. */
const TRANSPORTS: ReadonlyMap<
  ValueType,
  { readonly load: readonly number[]; readonly store: readonly number[] }
> = new Map([
  [ValueType.I32, { load: [0x28, 0], store: [0x36, 0] }],
  [ValueType.I64, { load: [0x29, 0], store: [0x37, 0] }],
  [ValueType.F32, { load: [0x2a, 0], store: [0x38, 0] }],
  [ValueType.F64, { load: [0x2b, 0], store: [0x39, 0] }],
  [ValueType.V128, { load: [0xfd, 0x00, 0], store: [0xfd, 0x0b, 0] }],
]);

export class Bridge {
  readonly #type: FunctionType;
  readonly #memory: DataView;
  readonly #references: readonly (WebAssembly.Global | undefined)[];
  readonly #run: () => void;

  /** To a function that WebAssembly exports. */
  constructor(target: WebAssembly.ExportValue, type: FunctionType) {
    this.#type = type;
    const { exports } = new WebAssembly.Instance(compiled(type), { "": { f: target } });
    this.#memory = new DataView((exports["memory"] as WebAssembly.Memory).buffer);
    this.#run = exports["run"] as () => void;
    this.#references = [...type.parameters, ...type.results].map(
      (_, index) => exports[`g${index}`] as WebAssembly.Global | undefined,
    );
  }

  /** Throws what the function throws. */
  call(values: readonly Value[]): Value[] {
    values.forEach((value, index) => this.#write(index, value));
    this.#run();
    return this.#type.results.map((type, index) => this.#read(this.#type.parameters.length + index, type));
  }

  #write(index: number, { type, bits }: Value): void {
    if (TRANSPORTS.has(type)) {
      this.#memory.setBigUint64(index * SLOT_BYTES, BigInt.asUintN(64, bits), true);
      this.#memory.setBigUint64(index * SLOT_BYTES + 8, bits >> 64n, true);
    } else {
      this.#references[index]!.value = bits === 0n ? null : bits;
    }
  }

  #read(index: number, type: ValueType): Value {
    if (!TRANSPORTS.has(type)) return { type, bits: referenceBits(this.#references[index]!.value) };
    const low = this.#memory.getBigUint64(index * SLOT_BYTES, true);
    const high = this.#memory.getBigUint64(index * SLOT_BYTES + 8, true);
    return { type, bits: BigInt.asUintN(bitsOf(type), (high << 64n) | low) };
  }
}

function referenceBits(value: unknown): bigint {
  if (value === null) return 0n;
  return typeof value === "bigint" ? value : 1n;
}

function bitsOf(type: ValueType): number {
  if (type === ValueType.V128) return 128;
  return type === ValueType.I64 || type === ValueType.F64 ? 64 : 32;
}

/** A module that imports a global and exports a function giving its value. */
export function globalReader(type: ValueType, mutable: boolean): WebAssembly.Module {
  return module([
    section(1, vector([functionType({ parameters: [], results: [type] })])),
    section(2, vector([[...name(""), ...name("g"), 0x03, type, mutable ? 1 : 0]])),
    section(3, vector([[0]])),
    section(7, vector([[...name("f"), 0x00, 0]])),
    section(10, vector([sized([0, 0x23, 0, 0x0b])])),
  ]);
}

const modules = new Map<string, WebAssembly.Module>();

function compiled(type: FunctionType): WebAssembly.Module {
  const key = `${type.parameters.join()}:${type.results.join()}`;
  let found = modules.get(key);
  if (found === undefined) {
    found = bridgeModule(type);
    modules.set(key, found);
  }
  return found;
}

function bridgeModule(type: FunctionType): WebAssembly.Module {
  const all = [...type.parameters, ...type.results];
  const references = all.flatMap((valueType, index) =>
    TRANSPORTS.has(valueType) ? [] : [{ valueType, index }],
  );
  const globalOf = (index: number): number => references.findIndex((reference) => reference.index === index);

  const code: number[] = [];
  type.parameters.forEach((parameter, index) => {
    const transport = TRANSPORTS.get(parameter);
    if (transport === undefined) code.push(0x23, ...unsigned(globalOf(index)));
    else code.push(0x41, 0, ...transport.load, ...unsigned(index * SLOT_BYTES));
  });
  code.push(0x10, 0);
  for (let result = type.results.length - 1; result >= 0; result--) code.push(0x21, ...unsigned(result));
  type.results.forEach((resultType, result) => {
    const index = type.parameters.length + result;
    const transport = TRANSPORTS.get(resultType);
    if (transport === undefined) code.push(0x20, ...unsigned(result), 0x24, ...unsigned(globalOf(index)));
    else code.push(0x41, 0, 0x20, ...unsigned(result), ...transport.store, ...unsigned(index * SLOT_BYTES));
  });
  const locals = vector(type.results.map((result) => [1, result]));
  const pages = Math.ceil((all.length * SLOT_BYTES + 1) / 65536);
  return module([
    section(1, vector([functionType(type), functionType({ parameters: [], results: [] })])),
    section(2, vector([[...name(""), ...name("f"), 0x00, 0]])),
    section(3, vector([[1]])),
    section(5, vector([[0, ...unsigned(pages)]])),
    section(6, vector(references.map(({ valueType }) => [valueType, 1, 0xd0, valueType, 0x0b]))),
    section(
      7,
      vector([
        [...name("memory"), 0x02, 0],
        [...name("run"), 0x00, 1],
        ...references.map(({ index }, global) => [...name(`g${index}`), 0x03, ...unsigned(global)]),
      ]),
    ),
    section(10, vector([sized([...locals, ...code, 0x0b])])),
  ]);
}

function module(sections: readonly number[][]): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]));
}

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)];
}

function functionType(type: FunctionType): number[] {
  return [0x60, ...vector(type.parameters.map((one) => [one])), ...vector(type.results.map((one) => [one]))];
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)]);
}

function sized(bytes: number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function vector(items: readonly number[][]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
