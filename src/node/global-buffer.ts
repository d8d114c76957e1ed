/** `Buffer` as a global, where a bundle names it. */
import { Buffer } from "./buffer.ts";

export { Buffer, Buffer as "globalThis.Buffer", Buffer as "global.Buffer" };
