/** Types of the streams' package, which brings none: it is Node's own code. */
declare module "readable-stream/lib/stream.js" {
  import stream from "node:stream";
  export default stream;
}

declare module "readable-stream/lib/stream/promises.js" {
  import promises from "node:stream/promises";
  export default promises;
}
