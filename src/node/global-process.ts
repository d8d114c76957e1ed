/** `process` as a global, where a bundle names it. */
import process from "./process.ts";

export { process, process as "globalThis.process", process as "global.process" };
