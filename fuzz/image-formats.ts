/** A file that is said to be an image: any bytes are one of its formats or none, and what is taken out is an ELF file. */
import assert from "node:assert/strict";
import { configurationOfDisk, isDisk } from "../src/image/disk.ts";
import { isElf } from "../src/image/elf-file.ts";
import { imageBytesOf } from "../src/image/image-bytes.ts";
import { FILES } from "../src/image/test-formats.ts";
import type { FuzzTarget } from "./target.ts";

/** Inputs are cut after it; an archive this small is whole. */
const SEED_BYTES = 4096;

export const target: FuzzTarget = {
  name: "image-formats",
  corpus: FILES.map(([, file]) => file.slice(0, SEED_BYTES)),
  run(input) {
    const elf = imageBytesOf(input);
    assert.ok(elf === undefined || (isElf(elf) && elf.length <= input.length));
    if (isDisk(input)) assert.ok(configurationOfDisk(input).length <= input.length * 3);
  },
};
