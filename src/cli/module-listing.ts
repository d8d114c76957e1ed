/** Machine code beside the module it came from: functions by name, bytes of the module, lines of its source. */
import type { CompiledModule } from "../abi/object.ts";
import { showFunctionType } from "../abi/wasm.ts";
import { escapeControls } from "../image/escape-controls.ts";
import type { PlaceOf } from "../image/wasm-map.ts";
import { listing } from "../x64/listing.ts";
import { functionType } from "./exported-function.ts";

const PLACE_NUMBERS = 3;

export function moduleListing(module: CompiledModule, placeOf: PlaceOf | undefined): Promise<string> {
  const titles = new Map<number, string>();
  const { places } = module;
  for (let at = 0; at < places.length; at += PLACE_NUMBERS) {
    const byteOffset = places[at + 1]!;
    const place = placeOf?.(byteOffset);
    const source = place === undefined ? "" : `  ${place}`;
    titles.set(places[at]!, `; byte 0x${byteOffset.toString(16)}${source}`);
  }
  const functionName = (index: number) => nameOf(module, index);
  for (const { index, offset, sizeBytes, frameBytes } of module.functions) {
    const head = `\n${functionName(index) ?? "unnamed"}: function ${index}`;
    const type = showFunctionType(functionType(module, index));
    addAbove(titles, offset, `${head} ${type}, ${sizeBytes} bytes, frame ${frameBytes}`);
  }
  const { offset, sizeBytes, frameBytes } = module.initializer;
  addAbove(titles, offset, `\ninitializer, ${sizeBytes} bytes, frame ${frameBytes}`);
  return listing(module.code, { relocations: module.relocations, traps: module.traps, titles, functionName });
}

function addAbove(titles: Map<number, string>, offset: number, line: string): void {
  const below = titles.get(offset);
  titles.set(offset, below === undefined ? line : `${line}\n${below}`);
}

function nameOf(module: CompiledModule, index: number): string | undefined {
  const exported = module.exports.find((item) => item.kind === "function" && item.index === index);
  const name = module.names[index] ?? exported?.name;
  return name === undefined ? undefined : escapeControls(name);
}
