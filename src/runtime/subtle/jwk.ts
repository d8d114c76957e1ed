/** JSON Web Keys (RFC 7517, RFC 7518, RFC 8037): what all kinds of key have in common. */
import type { Usage } from "./crypto-key.ts";
import { failure } from "./platform.ts";

export interface JsonWebKey {
  kty?: string;
  use?: string;
  key_ops?: string[];
  alg?: string;
  ext?: boolean;
  crv?: string;
  x?: string;
  y?: string;
  d?: string;
  k?: string;
  n?: string;
  e?: string;
}

/** Checks what does not depend on the kind of key. `use` is what the key is for, where the standard has it. */
export function requireJwk(
  jwk: JsonWebKey,
  kind: string,
  extractable: boolean,
  usages: readonly Usage[],
  use: "sig" | "enc",
): void {
  if (jwk.kty !== kind) throw failure("DataError", `The key's kty must be ${kind}`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use)
    throw failure("DataError", `The key's use must be ${use}`);
  if (jwk.key_ops !== undefined) {
    const operations = jwk.key_ops;
    if (!Array.isArray(operations) || new Set(operations).size < operations.length)
      throw failure("DataError", "The key's key_ops must be a list that names each once");
    const missing = usages.find((usage) => !operations.includes(usage));
    if (missing !== undefined) throw failure("DataError", `The key's key_ops lack ${missing}`);
  }
  if (jwk.ext === false && extractable)
    throw failure("DataError", "The key says that it is not to be exported");
}
