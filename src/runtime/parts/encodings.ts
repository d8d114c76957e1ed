/** A part of the script: every encoding of the Encoding Standard but UTF-8, with its tables. */
export { normalizeEncoding, TextDecoder } from "@exodus/bytes/encoding.js";
