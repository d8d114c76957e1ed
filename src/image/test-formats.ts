/** A small image in each format, for tests: the loader is not the real one. */
import type { Manifest } from "../abi/manifest.ts";
import { writeDisk } from "./disk.ts";
import { SegmentAccess, writeElf } from "./elf.ts";
import { FORMATS, type Format } from "./image-bytes.ts";
import { writeOci } from "./oci.ts";

export const MANIFEST: Manifest = {
  format: 1,
  name: "Some App",
  face: "native",
  services: ["app", "console"],
  modules: [],
};

const CONTENT = Uint8Array.from({ length: 700 }, (_, index) => index);
export const ELF = writeElf(
  [{ address: 0x10_0000, bytes: CONTENT, sizeBytes: 4096, access: SegmentAccess.Read }],
  0x10_0000,
  { placement: "fixed" },
);

const WRITERS: Readonly<Record<Format, () => Uint8Array>> = {
  elf: () => ELF,
  raw: () =>
    writeDisk({
      bootSector: Uint8Array.of(0xf4),
      loader: new Uint8Array(700),
      elf: ELF,
      configuration: "a=b\n",
    }),
  oci: () => writeOci(ELF, MANIFEST, "bare"),
};

export const FILES: readonly (readonly [format: Format, file: Uint8Array])[] = FORMATS.map((format) => [
  format,
  WRITERS[format](),
]);
