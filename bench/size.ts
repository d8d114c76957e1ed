/**
 * `npm run bench:size`: what is in each example's image, in bytes of Wasm. Names, which only reports use, are counted
 * apart; the script is what the engine runs, prelude included.
 */
import { buildImage } from "../src/image/image.ts";
import { publish, type TableRow } from "./report/table.ts";

const ENTRIES = ["examples/console/main.ts", "examples/http-native/main.ts", "examples/hello/server.ts"];

/** Bytes of a module's custom sections: names and the like. */
function namesSize(wasm: Uint8Array): number {
  const module = new WebAssembly.Module(wasm as BufferSource);
  const sections = ["name", "sourceMappingURL"].flatMap((name) =>
    WebAssembly.Module.customSections(module, name),
  );
  return sections.reduce((sum, section) => sum + section.byteLength, 0);
}

const rows: TableRow[] = [];
for (const entry of ENTRIES) {
  const image = await buildImage(entry);
  const parts = [image.kernel, image.app, image.engine];
  const sizes = parts.map((part) => (part === undefined ? 0 : part.length - namesSize(part)));
  const names = parts.reduce((sum, part) => sum + (part === undefined ? 0 : namesSize(part)), 0);
  const script = Buffer.byteLength(image.script ?? "");
  rows.push({ name: entry, cells: [...sizes, script, names, image.manifest.services.join(" ")] });
}
publish({
  title: "bytes of Wasm and of script",
  columns: ["kernel", "app", "engine", "script", "(names)", "services"].map((head) => ({ head })),
  rows,
});
