/** Headers of a request in the mode "no-cors" (Fetch Standard, section 2.2.2): few names, plain values. */
import { parseMimeType } from "./mime-type.ts";

export const SAFELISTED_NAMES = new Set(["accept", "accept-language", "content-language", "content-type"]);
const VALUE_LIMIT = 128;
const UNSAFE = /[\0-\x08\x0a-\x1f"():<>?@[\\\]{}\x7f]/;
const LANGUAGE = /^[0-9A-Za-z *,\-.;=]*$/;
const FORM_TYPES = new Set(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]);

const RULES: Readonly<Record<string, (value: string) => boolean>> = {
  accept: (value) => !UNSAFE.test(value),
  "accept-language": (value) => LANGUAGE.test(value),
  "content-language": (value) => LANGUAGE.test(value),
  "content-type": (value) => !UNSAFE.test(value) && FORM_TYPES.has(parseMimeType(value)?.essence ?? ""),
};

export function isSafelisted(name: string, value: string): boolean {
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  return rule !== undefined && value.length <= VALUE_LIMIT && rule(value);
}
