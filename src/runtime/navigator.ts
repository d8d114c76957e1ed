/** navigator (HTML Standard, 8.9; WinterTC asks for its user agent): which runtime this is. */
import { nameClass } from "./globals.ts";

const OWN = Symbol("own");

export class Navigator {
  readonly #userAgent = "Skerry";

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
  }

  get userAgent(): string {
    return this.#userAgent;
  }
}
nameClass(Navigator, "Navigator");

export const navigator = new Navigator(OWN);
