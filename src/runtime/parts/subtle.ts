/** A part of the script: crypto.subtle, on the audited packages @noble/curves, @noble/hashes and @noble/ciphers. */
import { CryptoKey, materialOf } from "../subtle/crypto-key.ts";
import { setPlatform, type Platform } from "../subtle/platform.ts";
import { copyKey, makeSubtle, SubtleCrypto } from "../subtle/subtle-crypto.ts";

export function connect(platform: Platform) {
  setPlatform(platform);
  platform.nameClass(CryptoKey, "CryptoKey");
  platform.nameClass(SubtleCrypto, "SubtleCrypto");
  return {
    CryptoKey,
    SubtleCrypto,
    subtle: makeSubtle(),
    copyOf: (key: CryptoKey) => copyKey(key, materialOf),
  };
}
