/** What a machine without this host's files needs to run Node: the program, the libraries it is linked against, the app. */
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { messageOf, NotHere } from "./not-here.ts";

export interface PlacedFile {
  /** Without a slash before it. */
  readonly to: string;
  readonly from: string;
}

export const NODE_PLACE = "bin/node";
export const APP_PLACE = "app.mjs";

/** This process's Node with its libraries, the loader among them. Throws `NotHere` where nothing tells them. */
export function nodeFiles(): readonly PlacedFile[] {
  const libraries = librariesOf(process.execPath);
  return [
    { from: realpathSync(process.execPath), to: NODE_PLACE },
    ...libraries.map((library) => ({ from: realpathSync(library), to: library.slice(1) })),
  ];
}

function librariesOf(program: string): string[] {
  if (process.platform !== "linux")
    throw new NotHere(`this is no Linux: ${process.platform}'s Node is no use there`);
  try {
    const text = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library!);
  } catch (error) {
    if (/not a dynamic executable/.test(String(error))) return [];
    throw new NotHere(`ldd does not tell which libraries Node needs: ${messageOf(error)}`);
  }
}

export function sizeOf(files: readonly PlacedFile[]): number {
  return files.reduce((sum, { from }) => sum + statSync(from).size, 0);
}

export function contentOf({ from }: PlacedFile): Uint8Array {
  return readFileSync(from);
}
