/**
 * What a kernel may import from its platform, with types: `src/abi/platform.ts` as the linker sees it. Nothing else is
 * granted to a kernel; to an app, service calls are (`src/abi/services.ts`).
 */
import type { Call, Kind } from "../../abi/services.ts";
import { ValueType, type FunctionType } from "../../abi/wasm.ts";

const LETTERS: Readonly<Record<string, ValueType>> = { i: ValueType.I32, l: ValueType.I64 };

/** Parameters, a colon, the result: `i` for i32, `l` for i64. */
const KERNEL_IMPORTS: Readonly<
  Record<"platform" | "compartment" | "device", Readonly<Record<string, string>>>
> = {
  platform: {
    consoleWrite: "iii:",
    clockMonotonic: ":l",
    clockRealtime: ":l",
    entropySeed: "ii:i",
    configuration: "ii:i",
    assetBytes: "iii:",
    netReceive: "ii:i",
    netTransmit: "ii:i",
    netTransmitPieces: "ii:i",
    netAddress: "i:i",
    idle: "l:",
    exit: "i:",
    panic: "ii:",
  },
  compartment: {
    enter: "iiii:i",
    copyIn: "iii:",
    copyOut: "iii:",
    restart: "i:",
    isOverdue: ":i",
    suspend: ":",
    resume: "il:i",
  },
  device: {
    count: ":i",
    readRegister: "ii:i",
    readConfiguration: "ii:i",
    writeRegister: "iii:",
    pin: "ii:i",
    openQueue: "iiiii:i",
    describe: "iiiiii:",
    notify: "i:",
    watch: "iii:i",
  },
};

export type KernelImportModule = keyof typeof KERNEL_IMPORTS;

/** The type of `module.name`; undefined where there is no such thing to import. */
export function kernelImportType(module: string, name: string): FunctionType | undefined {
  if (!isKernelImportModule(module)) return undefined;
  const names = KERNEL_IMPORTS[module];
  return Object.hasOwn(names, name) ? parseType(names[name]!) : undefined;
}

export function isKernelImportModule(module: string): module is KernelImportModule {
  return Object.hasOwn(KERNEL_IMPORTS, module);
}

function parseType(text: string): FunctionType {
  const [parameters, results] = text.split(":").map((letters) => [...letters].map((each) => LETTERS[each]!));
  return { parameters: parameters!, results: results! };
}

const PARAMETER_TYPES: Readonly<Record<Kind, readonly ValueType[]>> = {
  i32: [ValueType.I32],
  i64: [ValueType.I64],
  f64: [ValueType.F64],
  in: [ValueType.I32, ValueType.I32],
  out: [ValueType.I32, ValueType.I32],
};

export function serviceCallType({ parameters, result }: Call): FunctionType {
  return {
    parameters: parameters.flatMap((kind) => PARAMETER_TYPES[kind]),
    results: result === undefined ? [] : PARAMETER_TYPES[result],
  };
}

/** (message, file, line, column). */
export const ABORT_TYPE: FunctionType = {
  parameters: [ValueType.I32, ValueType.I32, ValueType.I32, ValueType.I32],
  results: [],
};
