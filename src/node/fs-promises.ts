/** node:fs/promises (Node 20): see `fs.ts`. */
import * as calls from "./fs/calls.ts";
import constants from "./fs/constants.ts";

type Any = (...values: never[]) => unknown;

/** The same call, whose end is a promise. */
const promised =
  <F extends Any>(call: F) =>
  async (...values: Parameters<F>): Promise<ReturnType<F>> =>
    call(...values) as ReturnType<F>;

const writing = Object.fromEntries(
  calls.WRITING.map((name) => [name, promised(calls.refuse(name))]),
) as Record<(typeof calls.WRITING)[number], (path: unknown) => Promise<never>>;

export const readFile = promised(calls.readFile);
export const stat = promised(calls.stat);
export const lstat = stat;
export const readdir = promised(calls.readdir);
export const access = promised(calls.access);
export const realpath = promised(calls.realpath);
export const writeFile = promised(calls.writeWhole);
export const appendFile = writeFile;
export const { copyFile, mkdir, mkdtemp, rename, rm, rmdir, unlink } = writing;

export default {
  ...writing,
  access,
  appendFile,
  constants,
  lstat,
  readFile,
  readdir,
  realpath,
  stat,
  writeFile,
};
