/** What an image maps of a process's address space, as its manifest tells it. The system's own pages come on top. */
import type { ManifestWindow } from "../../abi/manifest.ts";
import type { LinkedProgram } from "../../linker/linked.ts";
import {
  initialView,
  memoryRanges,
  range,
  sectionsWindow,
  stackRanges,
  windowOf,
} from "../compartment/address-space.ts";
import { compartmentMemory, ownerOfMemory } from "../compartment/code.ts";
import { isReplicated, type ImagePlan } from "../compartment/plan.ts";
import { MEMORY_GUARD_BYTES, reservationOf } from "./records.ts";
import { STACK_GUARD_BYTES } from "./start.ts";

const TABLE_ELEMENT_BYTES = 8;

export function processWindows(linked: LinkedProgram, plan: ImagePlan): ManifestWindow[] {
  const { kernel, compartments } = plan;
  const [{ count } = { count: 1 }] = compartments;
  const first = linked.memories[compartmentMemory({ parts: linked, plan }, 0)]!;
  return [
    sectionsWindow(linked),
    ...linked.memories.map((memory, index) => {
      const owner = ownerOfMemory({ parts: linked, plan }, index);
      const { contexts, reservedBytes } = reservationOf(memory);
      const sizes = { guardBytes: MEMORY_GUARD_BYTES, below: contexts, sizeBytes: reservedBytes };
      return windowOf("memory", owner, memoryRanges(memory, sizes), owner === "app" ? count : 1);
    }),
    ...(isReplicated(plan) ? [initialView(reservationOf(first).contexts, first)] : []),
    ...linked.tables.map(({ maximum }) =>
      windowOf("table", "platform", [range("write", maximum * TABLE_ELEMENT_BYTES, "function references")]),
    ),
    windowOf("stack", "kernel", stackRanges(STACK_GUARD_BYTES, kernel.stackBytes)),
    ...compartments.map(({ stackBytes, count: stacks }) =>
      windowOf("stack", "app", stackRanges(STACK_GUARD_BYTES, stackBytes), stacks),
    ),
  ];
}
