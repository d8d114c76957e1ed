/**
 * Accounts for an image's bytes: every part is as it was built, none overlaps another, and what may be executed is a
 * part or padding. Padding is a gap shorter than the alignment of code, or the end of a last page, and holds nothing
 * but zeros; anything else is an `ImageFault`: an image is described whole or not at all.
 *
 * The manifest's hashes stand in the image itself: they find accidents and careless changes. Who may have changed the
 * image on purpose is a question of signatures.
 *
 * Tests: accounting.test.ts
 */
import { createHash } from "node:crypto";
import type { ManifestPart } from "../abi/manifest.ts";
import { Access, bytesAt, executedBytes, PAGE_BYTES, type ElfFile, type Segment } from "./elf.ts";
import { ImageFault } from "./image-fault.ts";
import type { ExecutableRange } from "./inspection.ts";

/** What code begins at a multiple of. */
const CODE_ALIGNMENT = 16;

/** Every byte that may be executed, in order of addresses: nothing lies between two ranges but pages that may not. */
export function accountExecutable(elf: ElfFile, parts: readonly ManifestPart[]): ExecutableRange[] {
  const sorted = [...parts].sort((one, other) => one.address - other.address);
  sorted.forEach((part, index) => checkPart(elf, part, sorted[index + 1]));
  return elf.segments
    .filter(({ access }) => (access & Access.Execute) !== 0)
    .flatMap((segment) => accountSegment(elf, segment, sorted));
}

function checkPart(elf: ElfFile, part: ManifestPart, next: ManifestPart | undefined): void {
  const { address, sizeBytes, sha256 } = part;
  if (next !== undefined && address + sizeBytes > next.address) {
    throw new ImageFault(`has a manifest that makes no sense: ${nameOf(part)} and ${nameOf(next)} overlap`);
  }
  const bytes = isLoaded(elf, address, sizeBytes) ? bytesAt(elf, address, sizeBytes) : undefined;
  if (bytes === undefined) {
    throw new ImageFault(`has a manifest that makes no sense: ${nameOf(part)} is not loaded`);
  }
  if (hashOf(bytes) !== sha256) {
    throw new ImageFault(
      `was changed after it was built: ${nameOf(part)} has another hash than the manifest says`,
      "do not run it; build it again: skerry build",
    );
  }
}

/** Before any memory is taken for it. */
function isLoaded({ segments }: ElfFile, address: number, sizeBytes: number): boolean {
  return (
    segments.some((segment) => address >= segment.address && address < segment.address + segment.sizeBytes) &&
    sizeBytes <= segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  );
}

function accountSegment(elf: ElfFile, segment: Segment, parts: readonly ManifestPart[]): ExecutableRange[] {
  const bytes = executedBytes(elf, segment);
  const end = segment.address + bytes.length;
  const inside = parts.filter(
    (part) => part.address + part.sizeBytes > segment.address && part.address < end,
  );
  const ranges: ExecutableRange[] = [];
  let next = segment.address;
  const pad = (until: number): void => {
    if (until === next) return;
    const gap = bytes.subarray(next - segment.address, until - segment.address);
    requirePadding(gap, next, until === end);
    ranges.push({
      owner: "padding",
      kind: "padding",
      address: next,
      sizeBytes: gap.length,
      sha256: hashOf(gap),
    });
  };
  for (const { owner, kind, address, sizeBytes, sha256 } of inside) {
    if (address < segment.address || address + sizeBytes > end) {
      throw new ImageFault(`has a manifest that makes no sense: ${owner} ${kind} is partly executable`);
    }
    pad(address);
    ranges.push({ owner, kind, address, sizeBytes, sha256 });
    next = address + sizeBytes;
  }
  pad(end);
  return ranges;
}

function requirePadding(gap: Uint8Array, address: number, isLast: boolean): void {
  const isShort = gap.length < (isLast ? PAGE_BYTES : CODE_ALIGNMENT);
  if (isShort && gap.every((byte) => byte === 0)) return;
  const where = `${gap.length} bytes at 0x${address.toString(16)}`;
  throw new ImageFault(
    `holds executable bytes that nothing accounts for: ${where}`,
    "do not run it; build it again: skerry build",
  );
}

function nameOf({ owner, kind, address }: ManifestPart): string {
  return `the ${kind} of ${owner} at 0x${address.toString(16)}`;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
