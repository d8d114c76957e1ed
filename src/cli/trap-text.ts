/** A trap as people read it: its kind, and a line for each frame, with source places where a map knows them. */
import type { CompiledModule } from "../abi/object.ts";
import { TRAP_MESSAGES, type TrapKind } from "../abi/trap.ts";
import { escapeControls } from "../image/escape-controls.ts";
import type { PlaceOf } from "../image/wasm-map.ts";
import type { Frame } from "../targets/stack-walk.ts";

export function showTrap(
  trap: TrapKind,
  frames: readonly Frame[],
  module: CompiledModule,
  placeOf: PlaceOf | undefined,
): string {
  const lines = frames.map((frame) => `  at ${showFrame(frame, module, placeOf)}`);
  return [`trap: ${TRAP_MESSAGES[trap]}`, ...lines].map((line) => `${escapeControls(line)}\n`).join("");
}

function showFrame(frame: Frame, module: CompiledModule, placeOf: PlaceOf | undefined): string {
  const { functionIndex, byteOffset } = frame;
  const byte = `byte 0x${byteOffset.toString(16)}`;
  const where =
    functionIndex < 0
      ? `the module's initialization (${byte})`
      : `${frame.name ?? exportName(module, functionIndex)} (wasm function ${functionIndex}, ${byte})`;
  const place = placeOf?.(byteOffset);
  return place === undefined ? where : `${where}, ${place}`;
}

function exportName(module: CompiledModule, functionIndex: number): string {
  const found = module.exports.find(({ kind, index }) => kind === "function" && index === functionIndex);
  return found?.name ?? "unnamed";
}
