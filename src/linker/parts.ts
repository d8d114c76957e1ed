/**
 * What of an image's code and constants is whose, for those who account for its bytes. Between two parts there is
 * nothing but the zeros that align the second.
 *
 * Tests: link.test.ts
 */
import type { PartKind, PartOwner } from "../abi/manifest.ts";
import type { ImagePart, LinkedProgram, Section } from "./linked.ts";
import type { Placement } from "./placement.ts";
import type { PlatformCode } from "./platform.ts";
import type { Program } from "./program.ts";

/** The modules that images are made of; others, which no image has, are taken for the app's. */
const MODULES: readonly string[] = ["kernel", "engine", "app"] satisfies PartOwner[];

export function partsOf(
  program: Program,
  placement: Placement,
  platform: PlatformCode,
  { code, constants }: LinkedProgram["sections"],
): ImagePart[] {
  const parts: ImagePart[] = [];
  const add = (section: Section, owner: PartOwner, kind: PartKind, start: number, end: number): void => {
    if (end <= start) return;
    parts.push({ owner, kind, address: section.address + start, bytes: section.bytes.subarray(start, end) });
  };
  const { routines, thunks, thunksStart, codeEnd, constantsEnd, copies } = placement;
  add(code, "routines", "code", 0, routines.assembled.code.length);
  add(code, "thunks", "code", thunksStart, thunksStart + thunks.assembled.code.length);
  add(code, "platform", "code", codeEnd, codeEnd + platform.bytes.length);
  for (const copy of copies) {
    const name = program.instances[copy.instances[0]!]!.name ?? "";
    const owner = MODULES.includes(name) ? (name as PartOwner) : "app";
    add(code, owner, "code", copy.code, copy.code + copy.module.code.length);
    add(constants, owner, "constants", copy.constantsStart, copy.constantsEnd);
  }
  (program.functions ?? []).forEach(({ code: bytes }, index) => {
    const start = placement.programFunctions[index]!;
    if (bytes !== undefined) add(code, "platform", "code", start, start + bytes.length);
  });
  let next = 0;
  for (const { owner, kind, offset, sizeBytes } of platform.readOnlyParts ?? []) {
    add(constants, "platform", "constants", constantsEnd + next, constantsEnd + offset);
    next = offset + sizeBytes;
    add(constants, owner, kind, constantsEnd + offset, constantsEnd + next);
  }
  add(constants, "platform", "constants", constantsEnd + next, constants.bytes.length);
  return parts.sort((one, other) => one.address - other.address);
}
