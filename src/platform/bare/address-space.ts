/** The address space of a machine, as the image's manifest tells it: from the very windows that its keel is told. */
import type { ManifestWindow } from "../../abi/manifest.ts";
import type { KeelWindow } from "../../keel/image-table.ts";
import { CODE_PAGES, KeelPage, PAGE_BYTES } from "../../keel/layout.ts";
import {
  initialView,
  memoryRanges,
  range,
  sectionsWindow,
  stackRanges,
  windowOf,
} from "../compartment/address-space.ts";
import { contextBytesOf, type BareProgram, type WindowNumbers } from "./image.ts";

export function machineWindows(
  { linked, kernelMemories, stacks, replicas }: BareProgram,
  numbers: WindowNumbers,
  windows: readonly KeelWindow[],
): ManifestWindow[] {
  const countOf = (isReplicated: boolean): number => (isReplicated ? 1 + (replicas?.count ?? 0) : 1);
  const [, information, devices] = windows;
  return [
    keelWindow(),
    sectionsWindow(linked),
    windowOf("information", "platform", [
      range("read", information!.sizeBytes, "boot information, configuration"),
    ]),
    windowOf("devices", "platform", [range("write", devices!.sizeBytes, "registers of devices")]),
    ...linked.memories.map((memory, index) => {
      const { sizeBytes, baseOffset, below } = windows[numbers.memories + index]!;
      const ranges = memoryRanges(memory, { guardBytes: baseOffset - below, below, sizeBytes });
      const owner = kernelMemories.has(index) ? "kernel" : "app";
      return windowOf("memory", owner, ranges, countOf(replicas?.memory === index));
    }),
    ...(replicas === undefined
      ? []
      : [initialView(contextBytesOf(linked.memories[replicas.memory]!), linked.memories[replicas.memory]!)]),
    ...linked.tables.map((_, index) =>
      windowOf("table", "platform", [
        range("write", windows[numbers.tables + index]!.sizeBytes, "function references"),
      ]),
    ),
    ...stacks.map(({ isKernel }, index) => {
      const { sizeBytes, baseOffset } = windows[numbers.stacks + index]!;
      const ranges = stackRanges(baseOffset, sizeBytes - baseOffset);
      return windowOf("stack", isKernel ? "kernel" : "app", ranges, countOf(replicas?.stack === index));
    }),
  ];
}

/** The drawing in `src/keel/layout.ts`. */
function keelWindow(): ManifestWindow {
  const page = (access: "read" | "write" | "none", what: string, pages = 1) =>
    range(access, pages * PAGE_BYTES, what);
  return windowOf("keel", "keel", [
    range("execute", CODE_PAGES * PAGE_BYTES, "code"),
    page("read", "tables"),
    page("none", "guard", KeelPage.Data - KeelPage.Pml4),
    page("write", "descriptors, windows"),
    page("none", "guard"),
    page("write", "stack of calls and faults"),
    page("write", "boot information"),
    page("none", "guard"),
    page("write", "stack of double faults"),
    page("none", "guard"),
    page("write", "stack of NMIs"),
    page("none", "guard"),
    page("write", "stack of machine checks"),
    page("write", "a look at one frame, while it is needed"),
    page("write", "interrupt controllers", KeelPage.Replicas - KeelPage.LocalApic),
  ]);
}
