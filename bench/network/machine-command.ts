/** The command that starts one of our machines as a program of its own (`machine.ts`). */
import path from "node:path";
import type { Choice } from "./machine.ts";

const LOADER = path.resolve(import.meta.dirname, "../../tools/typescript.mjs");

export function machineCommand(entry: string, choice: Choice): readonly string[] {
  const program = path.join(import.meta.dirname, "machine.ts");
  return [process.execPath, "--import", LOADER, program, entry, JSON.stringify(choice)];
}
