/** A part of the script: DEFLATE, zlib and gzip. */
export { Deflate, Inflate } from "pako";
