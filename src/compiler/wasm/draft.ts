/** A module while its sections are being decoded. */
import type { FunctionType } from "../../abi/wasm.ts";
import type {
  Body,
  DataSegment,
  ElementSegment,
  Export,
  Global,
  Import,
  Memory,
  Module,
  Positions,
  Table,
} from "./module.ts";

export class ModuleDraft implements Module {
  readonly bytes: Uint8Array;
  readonly types: FunctionType[] = [];
  readonly imports: Import[] = [];
  readonly exports: Export[] = [];
  readonly functionTypes: number[] = [];
  importedFunctionCount = 0;
  readonly bodies: Body[] = [];
  readonly tables: Table[] = [];
  readonly memories: Memory[] = [];
  readonly globals: Global[] = [];
  readonly elementSegments: ElementSegment[] = [];
  readonly dataSegments: DataSegment[] = [];
  startFunction: number | undefined = undefined;
  functionNames: ReadonlyMap<number, string> = new Map();
  sourceMapUrl: string | undefined = undefined;
  readonly customSections: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  dataCount: number | undefined = undefined;
  readonly positions = new PositionsDraft();
  /** Of all bodies so far. */
  localCount = 0;
  /** Of all segments so far. */
  elementCount = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

class PositionsDraft implements Positions {
  readonly imports: number[] = [];
  readonly functions: number[] = [];
  readonly tables: number[] = [];
  readonly memories: number[] = [];
  readonly globals: number[] = [];
  readonly exports: number[] = [];
  start = 0;
  readonly elementSegments: number[] = [];
  readonly dataSegments: number[] = [];
}
