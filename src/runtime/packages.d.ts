/** Types of the packages inside the runtime that bring none. */
declare module "whatwg-url/lib/url-state-machine.js" {
  export interface URLRecord {
    scheme: string;
    username: string;
    password: string;
    host: unknown;
    port: number | null;
    path: string | string[];
    query: string | null;
    fragment: string | null;
  }
  export interface ParseOptions {
    baseURL?: URLRecord;
    url?: URLRecord;
    stateOverride?: string;
  }
  export function parseURL(input: string, options?: ParseOptions): URLRecord | null;
  export function basicURLParse(input: string, options: ParseOptions): URLRecord | null;
  export function serializeURL(url: URLRecord): string;
  export function serializePath(url: URLRecord): string;
  export function serializeHost(host: unknown): string;
  export function serializeURLOrigin(url: URLRecord): string;
  export function setTheUsername(url: URLRecord, username: string): void;
  export function setThePassword(url: URLRecord, password: string): void;
  export function cannotHaveAUsernamePasswordPort(url: URLRecord): boolean;
  export function hasAnOpaquePath(url: URLRecord): boolean;
}

declare module "tr46" {
  export interface ToASCIIOptions {
    checkHyphens?: boolean;
    checkBidi?: boolean;
    checkJoiners?: boolean;
    useSTD3ASCIIRules?: boolean;
    verifyDNSLength?: boolean;
    transitionalProcessing?: boolean;
    ignoreInvalidPunycode?: boolean;
  }
  export type ToUnicodeOptions = ToASCIIOptions;
  export function toASCII(name: string, options?: ToASCIIOptions): string | null;
  export function toUnicode(name: string, options?: ToUnicodeOptions): { domain: string; error: boolean };
}
