/** Places in the source of a native app, by the map that its compiler wrote. */
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import type { Image } from "../image/image.ts";
import type { PlaceOf } from "../image/wasm-map.ts";

/** Undefined for an app without a map: a JavaScript app's map is of its script, not of a module. */
export function appPlaces(image: Pick<Image, "manifest" | "sourceMap">): PlaceOf | undefined {
  if (image.manifest.face !== "native" || image.sourceMap === undefined) return undefined;
  // The compiler's source root is the folder it pretends to write to; sources are relative to the entry's.
  const map = new TraceMap({ ...JSON.parse(image.sourceMap), sourceRoot: "" });
  return (byteOffset) => {
    const { source, line, column } = originalPositionFor(map, { line: 1, column: byteOffset });
    return source === null ? undefined : `${source}:${line}:${column + 1}`;
  };
}
