/**
 * Builds the package: bundles of the tools into `dist`, and the compiled parts that every image shares into
 * `dist/prebuilt`, so that the first `skerry run` compiles nothing but the app. Runs at `npm install`.
 */
import path from "node:path";
import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { declareTypes } from "./declarations.mjs";

const dist = path.resolve(import.meta.dirname, "../dist");

await rm(dist, { recursive: true, force: true });
await bundle(dist);
await declareTypes(path.join(dist, "types"));

process.env.SKERRY_PREBUILD = "1";
const { prebuild } = await import(pathToFileURL(path.join(dist, "prebuild.js")).href);
await prebuild();
