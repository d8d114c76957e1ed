/** ECDSA and ECDH on the curves of NIST (FIPS 186-5, SP 800-56A), from the package @noble/curves. */
import { p256, p384, p521 } from "@noble/curves/nist.js";
import {
  unsupportedFormat,
  type Algorithm,
  type Format,
  type KeyInput,
  type Parameters,
} from "./algorithm.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import type { CryptoKey } from "./crypto-key.ts";
import {
  makeKey,
  materialOf,
  requireUsages,
  type KeyAlgorithm,
  type Material,
  type Usage,
} from "./crypto-key.ts";
import {
  encode,
  integer,
  bits,
  malformed,
  readPrivate,
  readPublic,
  TAG,
  writePrivate,
  writePublic,
} from "./der.ts";
import { hashNamed, hashNameOf } from "./digest.ts";
import { requireJwk, type JsonWebKey } from "./jwk.ts";
import { areEqual, failure, randomBytes } from "./platform.ts";
import { sharedBits } from "./shared-bits.ts";

const CURVES = { "P-256": p256, "P-384": p384, "P-521": p521 };
type CurveName = keyof typeof CURVES;
/** What a JSON Web Key for ECDSA may say. */
const SIGNATURES: Readonly<Record<CurveName, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
};

const curveOf = (key: CryptoKey) => CURVES[key.algorithm.namedCurve as CurveName];
const sizeOf = (curve: CurveName): number => CURVES[curve].lengths.secretKey!;

function curveNameOf({ namedCurve }: Parameters): CurveName {
  if (namedCurve === undefined) throw new TypeError("The algorithm needs a namedCurve");
  const name = String(namedCurve);
  if (!Object.hasOwn(CURVES, name)) throw failure("NotSupportedError", `There is no curve ${name}`);
  return name as CurveName;
}

/** A point as the standard's uncompressed bytes; DataError where it is none of the curve's. */
function pointOf(curve: CurveName, bytes: Uint8Array): Uint8Array {
  try {
    const point = CURVES[curve].Point.fromBytes(bytes);
    point.assertValidity();
    return point.toBytes(false);
  } catch {
    throw failure("DataError", `The key is no point of ${curve}`);
  }
}

function pairOf(curve: CurveName, secret: Uint8Array): Material {
  if (!CURVES[curve].utils.isValidSecretKey(secret))
    throw failure("DataError", `The key is none of ${curve}`);
  return { bytes: secret.slice(), publicBytes: CURVES[curve].getPublicKey(secret, false) };
}

/** The claimed public key must be that of the private one. */
function requireMatch({ publicBytes }: Material, curve: CurveName, claimed: Uint8Array): void {
  if (!areEqual(pointOf(curve, claimed), publicBytes!))
    throw failure("DataError", "The key's halves do not match");
}

function readPkcs8(curve: CurveName, bytes: Uint8Array): Material {
  const octets = readPrivate(bytes, ["ec", curve]);
  const key = octets.inside(TAG.sequence);
  octets.requireEnd();
  if (key.take(TAG.integer)[0] !== 1) throw malformed();
  const material = pairOf(curve, key.take(TAG.octets));
  if (key.sees(TAG.context0)) key.inside(TAG.context0).requireObject(curve);
  if (key.sees(TAG.context1)) requireMatch(material, curve, key.inside(TAG.context1).takeBits());
  key.requireEnd();
  return material;
}

function writePkcs8(curve: CurveName, { bytes, publicBytes }: Material): Uint8Array {
  const claimed = encode(TAG.context1, bits(publicBytes!));
  return writePrivate(encode(TAG.sequence, integer(1), encode(TAG.octets, bytes), claimed), ["ec", curve]);
}

interface Kind {
  readonly name: string;
  readonly use: "sig" | "enc";
  readonly privateUsages: readonly Usage[];
  readonly publicUsages: readonly Usage[];
}

function readJwk(
  kind: Kind,
  curve: CurveName,
  jwk: JsonWebKey,
  extractable: boolean,
  usages: readonly Usage[],
): Material {
  requireJwk(jwk, "EC", extractable, usages, kind.use);
  if (jwk.crv !== curve) throw failure("DataError", `The key's crv must be ${curve}`);
  if (kind.use === "sig" && jwk.alg !== undefined && jwk.alg !== SIGNATURES[curve])
    throw failure("DataError", `The key's alg must be ${SIGNATURES[curve]}`);
  const size = sizeOf(curve);
  const [x, y] = [fromBase64url(jwk.x, "The key's x"), fromBase64url(jwk.y, "The key's y")];
  if (x.length !== size || y.length !== size) throw failure("DataError", "A coordinate has the wrong length");
  const point = pointOf(curve, Uint8Array.of(4, ...x, ...y));
  if (jwk.d === undefined) return { bytes: point };
  const secret = fromBase64url(jwk.d, "The key's d");
  if (secret.length !== size) throw failure("DataError", "The key's d has the wrong length");
  const material = pairOf(curve, secret);
  requireMatch(material, curve, point);
  return material;
}

function writeJwk(key: CryptoKey): JsonWebKey {
  const { bytes, publicBytes } = materialOf(key);
  const point = publicBytes ?? bytes;
  const size = (point.length - 1) / 2;
  return {
    kty: "EC",
    crv: key.algorithm.namedCurve!,
    x: toBase64url(point.subarray(1, 1 + size)),
    y: toBase64url(point.subarray(1 + size)),
    ...(key.type === "private" ? { d: toBase64url(bytes) } : {}),
    key_ops: [...key.usages],
    ext: key.extractable,
  };
}

function importKey(
  kind: Kind,
  parameters: Parameters,
  { format, bytes, jwk }: KeyInput,
  extractable: boolean,
  usages: readonly Usage[],
): CryptoKey {
  const curve = curveNameOf(parameters);
  const isPrivate = format === "pkcs8" || (format === "jwk" && jwk.d !== undefined);
  requireUsages(usages, isPrivate ? kind.privateUsages : kind.publicUsages);
  let material: Material;
  if (format === "raw") material = { bytes: pointOf(curve, bytes) };
  else if (format === "spki") material = { bytes: pointOf(curve, readPublic(bytes, ["ec", curve])) };
  else if (format === "pkcs8") material = readPkcs8(curve, bytes);
  else material = readJwk(kind, curve, jwk, extractable, usages);
  if (isPrivate && usages.length === 0) throw failure("SyntaxError", "A private key needs a use");
  const algorithm = { name: kind.name, namedCurve: curve };
  return makeKey(isPrivate ? "private" : "public", extractable, algorithm, usages, material);
}

function exportKey(key: CryptoKey, format: Format): Uint8Array | JsonWebKey {
  if (format === "jwk") return writeJwk(key);
  const material = materialOf(key);
  const curve = key.algorithm.namedCurve as CurveName;
  const wanted = format === "pkcs8" ? "private" : "public";
  if (key.type !== wanted) throw failure("InvalidAccessError", `A ${key.type} key has no form ${format}`);
  if (format === "pkcs8") return writePkcs8(curve, material);
  if (format === "spki") return writePublic(material.bytes, ["ec", curve]);
  if (format === "raw") return material.bytes.slice();
  throw unsupportedFormat(format);
}

function elliptic(kind: Kind): Algorithm {
  return {
    name: kind.name,
    generateKey(parameters, extractable, usages) {
      const curve = curveNameOf(parameters);
      requireUsages(usages, [...kind.privateUsages, ...kind.publicUsages]);
      const seed = randomBytes(CURVES[curve].lengths.seed!);
      const material = pairOf(curve, CURVES[curve].utils.randomSecretKey(seed));
      const algorithm: KeyAlgorithm = { name: kind.name, namedCurve: curve };
      const mine = usages.filter((usage) => kind.privateUsages.includes(usage));
      if (mine.length === 0) throw failure("SyntaxError", "A private key needs a use");
      const theirs = usages.filter((usage) => kind.publicUsages.includes(usage));
      return {
        publicKey: makeKey("public", true, algorithm, theirs, { bytes: material.publicBytes! }),
        privateKey: makeKey("private", extractable, algorithm, mine, material),
      };
    },
    importKey: (parameters, input, extractable, usages) =>
      importKey(kind, parameters, input, extractable, usages),
    exportKey,
  };
}

/** The package draws nothing itself: signatures are made as RFC 6979 says. */
const PLAIN = { prehash: false, lowS: false } as const;

export const ECDSA: Algorithm = {
  ...elliptic({ name: "ECDSA", use: "sig", privateUsages: ["sign"], publicUsages: ["verify"] }),
  sign(parameters, key, data) {
    const hash = hashNamed(hashNameOf(parameters["hash"]))(data);
    if (key.type !== "private") throw failure("InvalidAccessError", "A private key signs");
    return curveOf(key).sign(hash, materialOf(key).bytes, PLAIN);
  },
  verify(parameters, key, signature, data) {
    const hash = hashNamed(hashNameOf(parameters["hash"]))(data);
    if (key.type !== "public") throw failure("InvalidAccessError", "A public key verifies");
    try {
      return curveOf(key).verify(signature, hash, materialOf(key).bytes, PLAIN);
    } catch {
      return false;
    }
  },
};

export const ECDH: Algorithm = {
  ...elliptic({ name: "ECDH", use: "enc", privateUsages: ["deriveKey", "deriveBits"], publicUsages: [] }),
  deriveBits: (parameters, key, length) =>
    sharedBits(parameters, key, length, (secret, other) =>
      curveOf(key).getSharedSecret(secret, other, true).subarray(1),
    ),
};
