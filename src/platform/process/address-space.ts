/** What an image maps of a process's address space, as its manifest tells it. The system's own pages come on top. */
import type { ManifestWindow } from "../../abi/manifest.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import type { LinkedProgram } from "../../linker/linked.ts";
import { memoryRanges, range, sectionsWindow, stackRanges, windowOf } from "../compartment/address-space.ts";
import { compartmentMemory, ownerOfMemory } from "../compartment/code.ts";
import { isReplicated, type ImagePlan } from "../compartment/plan.ts";
import { MEMORY_GUARD_BYTES, reservationOf } from "./records.ts";
import { STACK_GUARD_BYTES } from "./start.ts";

const TABLE_ELEMENT_BYTES = 8;

/** What memories of many are renewed from. */
function initialView(linked: LinkedProgram, plan: ImagePlan): ManifestWindow {
  const memory = linked.memories[compartmentMemory({ parts: linked, plan }, 0)]!;
  const bytes = reservationOf(memory).contexts + memory.pages * WASM_PAGE_BYTES;
  return windowOf("memory", "platform", [range("read", bytes, "what a fresh compartment's memory holds")]);
}

export function processWindows(linked: LinkedProgram, plan: ImagePlan): ManifestWindow[] {
  const { kernel, compartments } = plan;
  const [{ count } = { count: 1 }] = compartments;
  return [
    sectionsWindow(linked),
    ...linked.memories.map((memory, index) => {
      const owner = ownerOfMemory({ parts: linked, plan }, index);
      const { contexts, reservedBytes } = reservationOf(memory);
      const sizes = { guardBytes: MEMORY_GUARD_BYTES, below: contexts, sizeBytes: reservedBytes };
      return windowOf("memory", owner, memoryRanges(memory, sizes), owner === "app" ? count : 1);
    }),
    ...(isReplicated(plan) ? [initialView(linked, plan)] : []),
    ...linked.tables.map(({ maximum }) =>
      windowOf("table", "platform", [range("write", maximum * TABLE_ELEMENT_BYTES, "function references")]),
    ),
    windowOf("stack", "kernel", stackRanges(STACK_GUARD_BYTES, kernel.stackBytes)),
    ...compartments.map(({ stackBytes, count: stacks }) =>
      windowOf("stack", "app", stackRanges(STACK_GUARD_BYTES, stackBytes), stacks),
    ),
  ];
}
