/** A hash of the compiler itself: what it compiled is good as long as it stays the same. */
import { sourcesHash } from "../image/cache.ts";

/** Set where the compiler is bundled (`tools/build.mjs`): the hash of the bundle. */
declare const COMPILER_HASH: string | undefined;

/** Every folder that decides what compiled code looks like. */
const FOLDERS = ["src/abi", "src/x64", "src/compiler"];

export async function compilerHash(): Promise<string> {
  return typeof COMPILER_HASH === "string" ? COMPILER_HASH : sourcesHash(FOLDERS);
}
