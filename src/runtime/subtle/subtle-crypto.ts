/**
 * SubtleCrypto (Web Cryptography, section 14): finds the algorithm, checks what all have in common, and answers with
 * promises. The work is done before the promise is given: there is one processor.
 */
import { AES } from "./aes.ts";
import type { Algorithm, Format, KeyInput, KeyPair, Operation, Parameters } from "./algorithm.ts";
import type { Bytes } from "../bytes.ts";
import { CryptoKey, makeKey, USAGES, type Usage } from "./crypto-key.ts";
import { DERIVATIONS } from "./derive.ts";
import { DIGESTS } from "./digest.ts";
import { EDWARDS } from "./edwards.ts";
import { ECDH, ECDSA } from "./elliptic.ts";
import { HMAC } from "./hmac.ts";
import type { JsonWebKey } from "./jwk.ts";
import { RSA } from "./rsa.ts";
import { copyBytes, failure, having, toInteger } from "./platform.ts";

type Identifier = string | { readonly name: string };

const ALGORITHMS = new Map<string, Algorithm>(
  [...DIGESTS, ...AES, HMAC, ...DERIVATIONS, ECDSA, ECDH, ...EDWARDS, ...RSA].map((one) => [
    one.name.toUpperCase(),
    one,
  ]),
);
const FORMATS: readonly string[] = ["raw", "pkcs8", "spki", "jwk"];
const LENGTH_LIMIT = 0xffffffff;

interface Chosen<O extends Operation> {
  readonly parameters: Parameters;
  readonly algorithm: Algorithm & Required<Pick<Algorithm, O>>;
}

/** The algorithm of that name, which has this operation. */
function choose<O extends Operation>(given: unknown, operation: O): Chosen<O> {
  const isObject = (typeof given === "object" || typeof given === "function") && given !== null;
  const source = isObject ? (given as Record<string, unknown>) : { name: String(given) };
  if (source["name"] === undefined) throw new TypeError("An algorithm needs a name");
  const name = String(source["name"]);
  const algorithm = ALGORITHMS.get(name.toUpperCase());
  if (algorithm?.[operation] === undefined)
    throw failure("NotSupportedError", `There is no ${operation} for ${name}`);
  // Web IDL reads each member once, as the operations do; what an object inherits counts.
  const parameters = new Proxy(source, {
    get: (target, key) => (key === "name" ? algorithm.name : Reflect.get(target, key)),
  });
  return { parameters: parameters as Parameters, algorithm: algorithm as Chosen<O>["algorithm"] };
}

function requireKey(key: unknown, algorithm: Algorithm, usage: Usage): asserts key is CryptoKey {
  if (!(key instanceof CryptoKey)) throw new TypeError("A CryptoKey is needed");
  if (key.algorithm.name !== algorithm.name)
    throw failure("InvalidAccessError", `The key is for ${key.algorithm.name}, not ${algorithm.name}`);
  if (!key.usages.includes(usage)) throw failure("InvalidAccessError", `The key is not there to ${usage}`);
}

function toUsages(given: Iterable<unknown>): Usage[] {
  const usages = [...given].map(String);
  for (const usage of usages) {
    if (!USAGES.includes(usage as Usage)) throw new TypeError(`There is no usage ${usage}`);
  }
  return usages as Usage[];
}

function toFormat(given: unknown): Format {
  const format = String(given);
  if (!FORMATS.includes(format)) throw new TypeError(`There is no format ${format}`);
  return format as Format;
}

function inputOf(format: Format, data: unknown): KeyInput {
  const isBytes = ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
  if (format === "jwk") {
    if (isBytes || typeof data !== "object" || data === null)
      throw new TypeError("A key in the format jwk is an object");
    return { format, bytes: new Uint8Array(0), jwk: data };
  }
  return { format, bytes: copyBytes(data, `A key in the format ${format}`), jwk: {} };
}

/** As a standard's ArrayBuffer, of this size exactly. */
function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

function need(given: { readonly length: number }, count: number, what: string): void {
  having().requireArguments(given, count, what);
}

const OWN = Symbol("own");

export class SubtleCrypto {
  readonly #brand = true;

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
  }

  async encrypt(algorithm: Identifier, key: CryptoKey, data: Bytes): Promise<ArrayBuffer> {
    need(arguments, 3, "encrypt");
    const bytes = copyBytes(data, "What is encrypted");
    const chosen = choose(algorithm, "encrypt");
    requireKey(key, chosen.algorithm, "encrypt");
    return this.#buffer(chosen.algorithm.encrypt(chosen.parameters, key, bytes));
  }

  async decrypt(algorithm: Identifier, key: CryptoKey, data: Bytes): Promise<ArrayBuffer> {
    need(arguments, 3, "decrypt");
    const bytes = copyBytes(data, "What is decrypted");
    const chosen = choose(algorithm, "decrypt");
    requireKey(key, chosen.algorithm, "decrypt");
    return this.#buffer(chosen.algorithm.decrypt(chosen.parameters, key, bytes));
  }

  async sign(algorithm: Identifier, key: CryptoKey, data: Bytes): Promise<ArrayBuffer> {
    need(arguments, 3, "sign");
    const bytes = copyBytes(data, "What is signed");
    const chosen = choose(algorithm, "sign");
    requireKey(key, chosen.algorithm, "sign");
    return this.#buffer(chosen.algorithm.sign(chosen.parameters, key, bytes));
  }

  async verify(algorithm: Identifier, key: CryptoKey, signature: Bytes, data: Bytes): Promise<boolean> {
    need(arguments, 4, "verify");
    const signed = copyBytes(signature, "A signature");
    const bytes = copyBytes(data, "What is verified");
    const chosen = choose(algorithm, "verify");
    requireKey(key, chosen.algorithm, "verify");
    return this.#brand && chosen.algorithm.verify(chosen.parameters, key, signed, bytes);
  }

  async digest(algorithm: Identifier, data: Bytes): Promise<ArrayBuffer> {
    need(arguments, 2, "digest");
    const bytes = copyBytes(data, "What is digested");
    return this.#buffer(choose(algorithm, "digest").algorithm.digest(bytes));
  }

  async generateKey(
    algorithm: Identifier,
    extractable: boolean,
    usages: Iterable<Usage>,
  ): Promise<CryptoKey | KeyPair> {
    need(arguments, 3, "generateKey");
    const wanted = toUsages(usages);
    const chosen = choose(algorithm, "generateKey");
    return this.#brand && chosen.algorithm.generateKey(chosen.parameters, Boolean(extractable), wanted);
  }

  async deriveKey(
    algorithm: Identifier,
    baseKey: CryptoKey,
    derived: Identifier,
    extractable: boolean,
    usages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    need(arguments, 5, "deriveKey");
    const wanted = toUsages(usages);
    const from = choose(algorithm, "deriveBits");
    const to = choose(derived, "importKey");
    const sized = choose(derived, "keyLength");
    requireKey(baseKey, from.algorithm, "deriveKey");
    const length = sized.algorithm.keyLength(sized.parameters);
    const bytes = from.algorithm.deriveBits(from.parameters, baseKey, length);
    const input: KeyInput = { format: "raw", bytes, jwk: {} };
    return this.#brand && to.algorithm.importKey(to.parameters, input, Boolean(extractable), wanted);
  }

  async deriveBits(
    algorithm: Identifier,
    baseKey: CryptoKey,
    length: number | null = null,
  ): Promise<ArrayBuffer> {
    need(arguments, 2, "deriveBits");
    const bits = length === null ? null : toInteger(length, LENGTH_LIMIT, "The length");
    const chosen = choose(algorithm, "deriveBits");
    requireKey(baseKey, chosen.algorithm, "deriveBits");
    return this.#buffer(chosen.algorithm.deriveBits(chosen.parameters, baseKey, bits));
  }

  async importKey(
    format: Format,
    data: Bytes | JsonWebKey,
    algorithm: Identifier,
    extractable: boolean,
    usages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    need(arguments, 5, "importKey");
    const input = inputOf(toFormat(format), data);
    const wanted = toUsages(usages);
    const chosen = choose(algorithm, "importKey");
    return this.#brand && chosen.algorithm.importKey(chosen.parameters, input, Boolean(extractable), wanted);
  }

  async exportKey(format: Format, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey> {
    need(arguments, 2, "exportKey");
    const exported = exportedKey(toFormat(format), key);
    return exported instanceof Uint8Array ? this.#buffer(exported) : exported;
  }

  async wrapKey(
    format: Format,
    key: CryptoKey,
    wrappingKey: CryptoKey,
    algorithm: Identifier,
  ): Promise<ArrayBuffer> {
    need(arguments, 4, "wrapKey");
    const known = toFormat(format);
    const chosen = chooseWrap(algorithm, "wrapKey", "encrypt");
    requireKey(wrappingKey, chosen.algorithm, "wrapKey");
    const exported = exportedKey(known, key);
    const bytes = exported instanceof Uint8Array ? exported : having().encodeUtf8(JSON.stringify(exported));
    return this.#buffer(chosen.run(chosen.parameters, wrappingKey, bytes));
  }

  async unwrapKey(
    format: Format,
    wrapped: Bytes,
    unwrappingKey: CryptoKey,
    algorithm: Identifier,
    keyAlgorithm: Identifier,
    extractable: boolean,
    usages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    need(arguments, 7, "unwrapKey");
    const known = toFormat(format);
    const bytes = copyBytes(wrapped, "A wrapped key");
    const wanted = toUsages(usages);
    const chosen = chooseWrap(algorithm, "unwrapKey", "decrypt");
    const target = choose(keyAlgorithm, "importKey");
    requireKey(unwrappingKey, chosen.algorithm, "unwrapKey");
    const plain = chosen.run(chosen.parameters, unwrappingKey, bytes);
    const data = known === "jwk" ? parseJwk(plain) : plain;
    const input = inputOf(known, data);
    return this.#brand && target.algorithm.importKey(target.parameters, input, Boolean(extractable), wanted);
  }

  #buffer(bytes: Uint8Array): ArrayBuffer {
    return toBuffer(bytes);
  }
}

function exportedKey(format: Format, key: CryptoKey): Uint8Array | JsonWebKey {
  if (!(key instanceof CryptoKey)) throw new TypeError("A CryptoKey is needed");
  const { exportKey } = ALGORITHMS.get(key.algorithm.name.toUpperCase())!;
  if (exportKey === undefined)
    throw failure("NotSupportedError", `A key for ${key.algorithm.name} stays here`);
  if (!key.extractable) throw failure("InvalidAccessError", "The key is not extractable");
  return exportKey(key, format);
}

function chooseWrap(given: unknown, operation: "wrapKey" | "unwrapKey", instead: "encrypt" | "decrypt") {
  const name = typeof given === "object" && given !== null ? (given as { name?: unknown }).name : given;
  const known = ALGORITHMS.get(String(name).toUpperCase());
  const used = known?.[operation] === undefined ? instead : operation;
  const { parameters, algorithm } = choose(given, used);
  return { parameters, algorithm, run: algorithm[used]! };
}

function parseJwk(bytes: Uint8Array): JsonWebKey {
  try {
    return JSON.parse(having().decodeUtf8(bytes)) as JsonWebKey;
  } catch {
    throw failure("DataError", "What was wrapped is no JSON Web Key");
  }
}

export const makeSubtle = (): SubtleCrypto => new SubtleCrypto(OWN);

/** What a copy of a key is made of. */
export function copyKey(
  key: CryptoKey,
  materialOf: (key: CryptoKey) => { bytes: Uint8Array },
): () => CryptoKey {
  const material = materialOf(key);
  return () => makeKey(key.type, key.extractable, key.algorithm, key.usages, material);
}
