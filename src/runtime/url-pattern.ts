/** URLPattern (URL Pattern Standard), evaluated when an app first names it. */
import type * as Patterns from "urlpattern-polyfill/urlpattern";
import { defineLazyGlobal, nameClass } from "./globals.ts";
import { Part } from "./host-call.ts";
import { lazyPart } from "./lazy-part.ts";

const patterns = lazyPart<typeof Patterns>(Part.UrlPattern, "URLPattern");

export function defineUrlPattern(): void {
  defineLazyGlobal("URLPattern", () => {
    const { URLPattern } = patterns();
    nameClass(URLPattern, "URLPattern");
    return URLPattern;
  });
}
