/** FormData (XMLHttpRequest Standard, section 5), and its two forms on the wire. */
import { Blob, File, piecesOf } from "./blob.ts";
import { joinBytes } from "./bytes.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { encode } from "./host.ts";
import { definePairs } from "./pairs.ts";

export type FormEntry = readonly [name: string, value: string | File];

let setEntries: (form: FormData, entries: readonly FormEntry[]) => void;

export class FormData {
  #entries: FormEntry[] = [];

  constructor(form?: undefined) {
    if (form !== undefined) throw new TypeError("There are no HTML forms to read from");
  }

  static {
    setEntries = (form, entries) => void (form.#entries = [...entries]);
    definePairs(FormData, "FormData", (form) => form.#entries);
  }

  append(name: string, value: string | Blob, fileName?: string): void {
    requireArguments(arguments, 2, "append");
    this.#entries.push(entryOf(arguments.length > 2, name, value, fileName));
  }

  set(name: string, value: string | Blob, fileName?: string): void {
    requireArguments(arguments, 2, "set");
    const entry = entryOf(arguments.length > 2, name, value, fileName);
    const index = this.#entries.findIndex(([known]) => known === entry[0]);
    if (index < 0) {
      this.#entries.push(entry);
      return;
    }
    this.#entries[index] = entry;
    this.#entries = this.#entries.filter(([known], at) => at <= index || known !== entry[0]);
  }

  delete(name: string): void {
    requireArguments(arguments, 1, "delete");
    const key = wellFormed(name);
    this.#entries = this.#entries.filter(([known]) => known !== key);
  }

  get(name: string): string | File | null {
    requireArguments(arguments, 1, "get");
    const key = wellFormed(name);
    return this.#entries.find(([known]) => known === key)?.[1] ?? null;
  }

  getAll(name: string): (string | File)[] {
    requireArguments(arguments, 1, "getAll");
    const key = wellFormed(name);
    return this.#entries.filter(([known]) => known === key).map(([, value]) => value);
  }

  has(name: string): boolean {
    requireArguments(arguments, 1, "has");
    const key = wellFormed(name);
    return this.#entries.some(([known]) => known === key);
  }

  declare entries: () => IterableIterator<[string, string | File]>;
  declare keys: () => IterableIterator<string>;
  declare values: () => IterableIterator<string | File>;
  declare forEach: (
    callback: (value: string | File, name: string, form: FormData) => void,
    self?: unknown,
  ) => void;
  declare [Symbol.iterator]: () => IterableIterator<[string, string | File]>;
}
nameClass(FormData, "FormData");

function wellFormed(value: unknown): string {
  return String(value).toWellFormed();
}

function entryOf(hasFileName: boolean, name: string, value: unknown, fileName: unknown): FormEntry {
  const key = wellFormed(name);
  if (!(value instanceof Blob)) {
    if (hasFileName) throw new TypeError("Only a Blob has a file name");
    return [key, wellFormed(value)];
  }
  if (value instanceof File && !hasFileName) return [key, value];
  const named = hasFileName ? wellFormed(fileName) : "blob";
  const { type } = value;
  const options = value instanceof File ? { type, lastModified: value.lastModified } : { type };
  return [key, new File([value], named, options)];
}

export function formOf(entries: readonly FormEntry[]): FormData {
  const form = new FormData();
  setEntries(form, entries);
  return form;
}

const LINE_END = /\r\n|\r|\n/g;

function escapeName(name: string): string {
  return name.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");
}

/** As multipart/form-data (HTML Standard, 4.10.21.8), with a boundary that the caller drew. */
export function writeMultipart(form: FormData, boundary: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  const text = (line: string) => void pieces.push(new Uint8Array(encode(line)));
  for (const [name, value] of form.entries()) {
    const field = escapeName(name.replace(LINE_END, "\r\n"));
    text(`--${boundary}\r\ncontent-disposition: form-data; name="${field}"`);
    if (typeof value === "string") {
      text(`\r\n\r\n${value.replace(LINE_END, "\r\n")}\r\n`);
      continue;
    }
    text(
      `; filename="${escapeName(value.name)}"\r\ncontent-type: ${value.type || "application/octet-stream"}\r\n\r\n`,
    );
    pieces.push(...piecesOf(value));
    text("\r\n");
  }
  text(`--${boundary}--\r\n`);
  return joinBytes(pieces);
}
