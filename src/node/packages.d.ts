/** Types of the streams' package, which brings none: it is Node's own code. */
declare module "readable-stream/lib/stream.js" {
  import stream from "node:stream";
  export default stream;
}

declare module "readable-stream/lib/stream/promises.js" {
  import promises from "node:stream/promises";
  export default promises;
}

/** Made by the bundler: contents by absolute path, a character a byte. */
declare module "skerry:files" {
  const files: Readonly<Record<string, string>>;
  export default files;
}
