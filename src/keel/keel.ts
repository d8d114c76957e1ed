/**
 * The keel: everything that runs in ring 0, as one piece of machine code.
 *
 * It boots, maps, catches traps and sleeps, and is on no path of the program's data. General registers only. Written
 * from the start of its region (`layout.ts`): boot data, code, the image's table.
 *
 * Tests: keel.test.ts boots it.
 */
import { Relocation } from "../abi/object.ts";
import { emitCalls, type CallLabels } from "./calls.ts";
import { emitConsoleWrite } from "./console.ts";
import { bootData, emitEntry } from "./entry.ts";
import { emitFaults } from "./faults.ts";
import { writeImageTable, type KeelImage } from "./image-table.ts";
import { KeelAssembler } from "./keel-assembler.ts";
import { TABLES, TABLES_END } from "./layout.ts";
import { emitPaging } from "./paging.ts";
import { emitPanic, type PanicLabels } from "./panic.ts";
import { emitRandom, emitStart, type StartLabels } from "./start.ts";
import { replicasStart } from "./replicas.ts";
import { emitMapRuns } from "./windows.ts";

export interface Keel {
  readonly bytes: Uint8Array;
  /** Physical address of the PVH entry. */
  readonly entry: number;
  /** Bytes of machine code, from the region's start; the tables begin at `TABLES`. */
  readonly codeBytes: number;
  /** Where among the tables the addresses of calls stand: a u32 for each `KeelCall`, to the end. */
  readonly callSites: number;
}

type Labels = StartLabels & CallLabels & PanicLabels;

export function emitKeel(image: KeelImage): Keel {
  const a = new KeelAssembler(image.physicalBase);
  const entry = a.label();
  const entry64 = a.label();
  const end = a.label();
  const labels = labelsOf(a, image);
  a.raw(bootData(image.physicalBase));
  a.begin(entry);
  emitEntry(a, image.physicalBase, entry64);
  a.begin(entry64);
  emitStart(a, labels, image);
  emitRandom(a, labels.random);
  emitPaging(a, labels);
  emitMapRuns(a, labels, image.runs.length);
  emitFaults(a, labels);
  emitCalls(a, labels);
  emitConsoleWrite(a, labels.consoleWrite);
  emitPanic(a, labels);
  a.bind(end);
  a.padTo(TABLES);
  const tables = writeImageTable(image);
  for (const [label, bytes] of [
    [labels.windows, tables.windows],
    [labels.runs, tables.runs],
    [labels.callSites, tables.callSites],
  ] as const) {
    a.begin(label);
    a.raw(bytes);
  }
  const { code, relocations, labels: offsets } = a.finish();
  if (code.length > TABLES_END) {
    throw new Error(`the keel's tables are ${code.length - TABLES} bytes, more than ${TABLES_END - TABLES}`);
  }
  relocate(code, relocations, offsets, image.physicalBase);
  return {
    bytes: code,
    entry: image.physicalBase + offsets[entry]!,
    codeBytes: offsets[end]!,
    callSites: offsets[labels.callSites]!,
  };
}

function labelsOf(a: KeelAssembler, image: KeelImage): Labels {
  const label = () => a.label();
  return {
    map: label(),
    takeFrame: label(),
    giveFrame: label(),
    scratch: label(),
    entryOf: label(),
    windows: label(),
    runs: label(),
    callSites: label(),
    random: label(),
    mapRuns: label(),
    stubs: label(),
    spurious: label(),
    breakpoint: label(),
    upcall: label(),
    panic: label(),
    doubleFault: label(),
    consoleWrite: label(),
    exit: label(),
    windowCount: image.windows.length,
    replicas: image.replicas,
    replicasStart: replicasStart(image),
    deviceWindow: image.deviceWindow,
  };
}

/** The region's data by distance (`KeelAssembler.data`), and physical addresses of labels in 32-bit code. */
function relocate(code: Uint8Array, relocations: Int32Array, labels: Int32Array, physicalBase: number): void {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  for (let at = 0; at < relocations.length; at += 4) {
    const [kind, field, index, addend] = relocations.subarray(at, at + 4) as unknown as [
      Relocation,
      number,
      number,
      number,
    ];
    if (kind === Relocation.Constant) view.setInt32(field, addend - field, true);
    else view.setInt32(field, physicalBase + labels[index]!, true);
  }
}
