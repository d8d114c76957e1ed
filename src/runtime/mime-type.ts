/** MIME types (MIME Sniffing Standard, section 4): what a `content-type` says, and how it is written. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
const SPACE_AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const SPACE_BEHIND = /[\t\n\r ]+$/;

export interface MimeType {
  /** `text/html`, in lower case. */
  readonly essence: string;
  readonly parameters: Map<string, string>;
}

export function parseMimeType(text: string): MimeType | undefined {
  const trimmed = text.replace(SPACE_AROUND, "");
  const end = trimmed.indexOf(";");
  const essence = (end < 0 ? trimmed : trimmed.slice(0, end)).replace(SPACE_BEHIND, "");
  const [type, subtype, ...rest] = essence.split("/");
  if (subtype === undefined || rest.length > 0 || !TOKEN.test(type!) || !TOKEN.test(subtype))
    return undefined;
  return {
    essence: essence.toLowerCase(),
    parameters: parseParameters(end < 0 ? "" : trimmed.slice(end + 1)),
  };
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  let position = 0;
  while (position < text.length) {
    while (/[\t\n\r ]/.test(text.charAt(position))) position++;
    const stop = indexOfAny(text, ";=", position);
    const name = text.slice(position, stop).toLowerCase();
    position = stop;
    if (text[position] !== "=") {
      position++;
      continue;
    }
    position++;
    let value: string;
    if (text[position] === '"') {
      [value, position] = readQuoted(text, position + 1);
      position = indexOfAny(text, ";", position) + 1;
    } else {
      const end = indexOfAny(text, ";", position);
      value = text.slice(position, end).replace(SPACE_BEHIND, "");
      position = end + 1;
      if (value === "") continue;
    }
    if (TOKEN.test(name) && QUOTABLE.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

function indexOfAny(text: string, stops: string, start: number): number {
  let index = start;
  while (index < text.length && !stops.includes(text[index]!)) index++;
  return index;
}

function readQuoted(text: string, start: number): [value: string, end: number] {
  let value = "";
  let index = start;
  for (; index < text.length && text[index] !== '"'; index++) {
    if (text[index] === "\\" && index + 1 < text.length) index++;
    value += text[index];
  }
  return [value, index + 1];
}

export function mimeTypeText({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}

/** The type that several `content-type` fields, joined by commas, name together (Fetch Standard, 2.2.2). */
export function extractMimeType(value: string): MimeType | undefined {
  let charset: string | undefined;
  let result: MimeType | undefined;
  for (const part of splitFields(value)) {
    const found = parseMimeType(part);
    if (found === undefined || found.essence === "*/*") continue;
    if (found.essence !== result?.essence) charset = found.parameters.get("charset");
    else if (!found.parameters.has("charset") && charset !== undefined)
      found.parameters.set("charset", charset);
    charset = found.parameters.get("charset") ?? charset;
    result = found;
  }
  return result;
}

/** At the commas that are not inside quotes. */
function splitFields(value: string): string[] {
  return value.match(/(?:[^",]|"(?:[^"\\]|\\[^])*"?)+/g) ?? [];
}
