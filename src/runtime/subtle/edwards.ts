/** Ed25519, Ed448 (RFC 8032) and X25519, X448 (RFC 7748), from the package @noble/curves. */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { ed448, x448 } from "@noble/curves/ed448.js";
import { unsupportedFormat, type Algorithm, type KeyInput } from "./algorithm.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { makeKey, materialOf, requireUsages, type Material, type Usage } from "./crypto-key.ts";
import { encode, readPrivate, readPublic, TAG, writePrivate, writePublic } from "./der.ts";
import { requireJwk } from "./jwk.ts";
import { areEqual, failure, randomBytes } from "./platform.ts";
import { sharedBits } from "./shared-bits.ts";

interface Kind {
  readonly name: string;
  readonly size: number;
  readonly use: "sig" | "enc";
  readonly privateUsages: readonly Usage[];
  readonly publicUsages: readonly Usage[];
  publicOf(secret: Uint8Array): Uint8Array;
}

function pairOf(kind: Kind, secret: Uint8Array): Material {
  if (secret.length !== kind.size) throw failure("DataError", `A key of ${kind.name} has ${kind.size} bytes`);
  return { bytes: secret.slice(), publicBytes: kind.publicOf(secret) };
}

function publicOf(kind: Kind, bytes: Uint8Array): Material {
  if (bytes.length !== kind.size) throw failure("DataError", `A key of ${kind.name} has ${kind.size} bytes`);
  return { bytes: bytes.slice() };
}

function readMaterial(
  kind: Kind,
  { format, bytes, jwk }: KeyInput,
  extractable: boolean,
  usages: readonly Usage[],
): Material {
  if (format === "raw") return publicOf(kind, bytes);
  if (format === "spki") return publicOf(kind, readPublic(bytes, [kind.name]));
  if (format === "pkcs8") {
    const octets = readPrivate(bytes, [kind.name]);
    const secret = octets.take(TAG.octets);
    octets.requireEnd();
    return pairOf(kind, secret);
  }
  requireJwk(jwk, "OKP", extractable, usages, kind.use);
  if (jwk.crv !== kind.name) throw failure("DataError", `The key's crv must be ${kind.name}`);
  if (kind.use === "sig" && jwk.alg !== undefined && jwk.alg !== kind.name && jwk.alg !== "EdDSA")
    throw failure("DataError", `The key's alg must be ${kind.name}`);
  const claimed = publicOf(kind, fromBase64url(jwk.x, "The key's x"));
  if (jwk.d === undefined) return claimed;
  const material = pairOf(kind, fromBase64url(jwk.d, "The key's d"));
  if (!areEqual(material.publicBytes!, claimed.bytes))
    throw failure("DataError", "The key's halves do not match");
  return material;
}

function curve(kind: Kind): Algorithm {
  const algorithm = { name: kind.name };
  return {
    name: kind.name,
    generateKey(_parameters, extractable, usages) {
      requireUsages(usages, [...kind.privateUsages, ...kind.publicUsages]);
      const mine = usages.filter((usage) => kind.privateUsages.includes(usage));
      if (mine.length === 0) throw failure("SyntaxError", "A private key needs a use");
      const theirs = usages.filter((usage) => kind.publicUsages.includes(usage));
      const material = pairOf(kind, randomBytes(kind.size));
      return {
        publicKey: makeKey("public", true, { ...algorithm }, theirs, { bytes: material.publicBytes! }),
        privateKey: makeKey("private", extractable, { ...algorithm }, mine, material),
      };
    },
    importKey(_parameters, input, extractable, usages) {
      const isPrivate = input.format === "pkcs8" || (input.format === "jwk" && input.jwk.d !== undefined);
      requireUsages(usages, isPrivate ? kind.privateUsages : kind.publicUsages);
      const material = readMaterial(kind, input, extractable, usages);
      if (isPrivate && usages.length === 0) throw failure("SyntaxError", "A private key needs a use");
      return makeKey(isPrivate ? "private" : "public", extractable, { ...algorithm }, usages, material);
    },
    exportKey(key, format) {
      const { bytes, publicBytes } = materialOf(key);
      if (format === "jwk") {
        return {
          kty: "OKP",
          crv: kind.name,
          ...(kind.use === "sig" ? { alg: kind.name } : {}),
          x: toBase64url(publicBytes ?? bytes),
          ...(key.type === "private" ? { d: toBase64url(bytes) } : {}),
          key_ops: [...key.usages],
          ext: key.extractable,
        };
      }
      const wanted = format === "pkcs8" ? "private" : "public";
      if (key.type !== wanted) throw failure("InvalidAccessError", `A ${key.type} key has no form ${format}`);
      if (format === "pkcs8") return writePrivate(encode(TAG.octets, bytes), [kind.name]);
      if (format === "spki") return writePublic(bytes, [kind.name]);
      if (format === "raw") return bytes.slice();
      throw unsupportedFormat(format);
    },
  };
}

function signing(name: string, scheme: typeof ed25519): Algorithm {
  return {
    ...curve({
      name,
      size: scheme.lengths.secretKey!,
      use: "sig",
      privateUsages: ["sign"],
      publicUsages: ["verify"],
      publicOf: (secret) => scheme.getPublicKey(secret),
    }),
    sign(_parameters, key, data) {
      if (key.type !== "private") throw failure("InvalidAccessError", "A private key signs");
      return scheme.sign(data, materialOf(key).bytes);
    },
    verify(_parameters, key, signature, data) {
      if (key.type !== "public") throw failure("InvalidAccessError", "A public key verifies");
      const { bytes } = materialOf(key);
      try {
        // As RFC 8032 has it, and a point of small order is nobody's (Web Cryptography, 25.3).
        if (scheme.Point.fromBytes(bytes).isSmallOrder()) return false;
        if (scheme.Point.fromBytes(signature.subarray(0, bytes.length)).isSmallOrder()) return false;
        return scheme.verify(signature, data, bytes, { zip215: false });
      } catch {
        return false;
      }
    },
  };
}

function agreeing(name: string, scheme: typeof x25519): Algorithm {
  return {
    ...curve({
      name,
      size: scheme.lengths.secretKey!,
      use: "enc",
      privateUsages: ["deriveKey", "deriveBits"],
      publicUsages: [],
      publicOf: (secret) => scheme.getPublicKey(secret),
    }),
    deriveBits: (parameters, key, length) =>
      sharedBits(parameters, key, length, (secret, other) => scheme.getSharedSecret(secret, other)),
  };
}

export const EDWARDS: readonly Algorithm[] = [
  signing("Ed25519", ed25519),
  signing("Ed448", ed448),
  agreeing("X25519", x25519),
  agreeing("X448", x448),
];
