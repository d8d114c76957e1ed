/**
 * Lets Node run this repository's TypeScript as it stands: `node --import ./tools/typescript.mjs file.ts`.
 *
 * esbuild turns each of our files into JavaScript as it is loaded; packages are left to Node. (A general loader
 * also rewrites packages, which takes five seconds for the AssemblyScript compiler alone.)
 */
import { register } from "node:module";

process.setSourceMapsEnabled(true);
register("./typescript-loader.mjs", import.meta.url);
