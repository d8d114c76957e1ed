/** The windows of an image as its manifest tells them, for the readers of images: what all platforms have. */
import type { ManifestWindow, WindowAccess, WindowRange } from "../../abi/manifest.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import { PAGE_BYTES } from "../../linker/link.ts";
import type { LinkedMemory, LinkedProgram } from "../../linker/linked.ts";

export function range(access: WindowAccess, sizeBytes: number, what: string): WindowRange {
  return { access, sizeBytes, what };
}

/** What is empty is left out. */
export function windowOf(
  what: ManifestWindow["what"],
  owner: ManifestWindow["owner"],
  ranges: readonly WindowRange[],
  count = 1,
): ManifestWindow {
  return { what, owner, count, ranges: ranges.filter(({ sizeBytes }) => sizeBytes > 0) };
}

/** Linked addresses begin one page in. */
export function sectionsWindow({ sections }: LinkedProgram): ManifestWindow {
  const { constants, code, data } = sections;
  return windowOf("image", "platform", [
    range("none", constants.address, "nothing"),
    range("read", code.address - constants.address, "constants"),
    range("execute", data.address - code.address, "code"),
    range("write", Math.ceil(data.sizeBytes / PAGE_BYTES) * PAGE_BYTES, "the platform's state"),
  ]);
}

/** `guardBytes` lies below, `below` belongs to the memory's contexts; what is left of `sizeBytes` is guard. */
export function memoryRanges(
  { pages, maximumPages, indexed }: LinkedMemory,
  { guardBytes, below, sizeBytes }: { guardBytes: number; below: number; sizeBytes: number },
): WindowRange[] {
  const present = pages * WASM_PAGE_BYTES;
  const most = indexed ? Math.max(maximumPages * WASM_PAGE_BYTES, present) : present;
  return [
    range("none", guardBytes, "guard"),
    range("write", below, "contexts"),
    range("write", present, "memory at start"),
    range("none", most - present, "memory it may grow into"),
    range("none", sizeBytes - guardBytes - below - most, "guard"),
  ];
}

/** What memories of many are renewed from. `below`: of contexts. */
export function initialView(below: number, { pages }: LinkedMemory): ManifestWindow {
  const what = "what a fresh compartment's memory holds";
  return windowOf("memory", "platform", [range("read", below + pages * WASM_PAGE_BYTES, what)]);
}

export function stackRanges(guardBytes: number, sizeBytes: number): WindowRange[] {
  return [range("none", guardBytes, "guard"), range("write", sizeBytes, "stack")];
}
