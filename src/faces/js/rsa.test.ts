/** RSA in crypto.subtle: what Node signed is verified in the engine, and nothing else is. */
import test from "node:test";
import assert from "node:assert/strict";
import { constants, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { startApp, textOf } from "./compartment.harness.ts";

/** Answers, for each of a list of signatures, whether it is one; or the error's name. */
const VERIFIER = `
const bytes = (text: string) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
export default { async fetch(request: Request) {
  const { format, key, algorithm, parameters, data, signatures } = await request.json() as any;
  try {
    const imported = await crypto.subtle.importKey(format, format === "jwk" ? key : bytes(key), algorithm, true, ["verify"]);
    const results = [];
    for (const signature of signatures) results.push(await crypto.subtle.verify(parameters, imported, bytes(signature), bytes(data)));
    const { modulusLength, publicExponent, hash } = imported.algorithm as any;
    const spki = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("spki", imported))));
    const { n, e, alg } = await crypto.subtle.exportKey("jwk", imported);
    return Response.json({ results, described: [imported.type, modulusLength, [...publicExponent], hash.name], spki, jwk: { n, e, alg } });
  } catch (error: any) { return Response.json(error.name); }
} };`;

const app = startApp(VERIFIER);

async function ask(question: object): Promise<unknown> {
  const body = [new TextEncoder().encode(JSON.stringify(question))];
  const request = (await app).request("/", { method: "POST", body });
  (await app).runAlarms();
  return JSON.parse(textOf(request));
}

const DATA = Buffer.from("what is signed");
const spki = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The signature, and what must not pass for it. */
function variants(signature: Buffer, modulus: bigint): string[] {
  const changed = (at: number) => {
    const bytes = Buffer.from(signature);
    bytes[at]! ^= 0x40;
    return bytes;
  };
  // The same number modulo n, where it has the room; one byte more, one less, none.
  const larger = (BigInt(`0x${signature.toString("hex")}`) + modulus).toString(16);
  const other = Buffer.from(larger.padStart(signature.length * 2, "0"), "hex");
  const wrong = [
    changed(0),
    changed(signature.length - 1),
    other,
    Buffer.concat([Buffer.alloc(1), signature]),
  ];
  return [signature, ...wrong, signature.subarray(1), Buffer.alloc(0)].map(base64);
}

// At 1,025 bits the encoded message of PSS is a byte shorter than the modulus; at the others one bit is unused.
for (const modulusLength of [1024, 1025, 1032, 2048, 3072]) {
  test(`signatures of ${modulusLength} bits`, async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
    const jwk = publicKey.export({ format: "jwk" });
    const modulus = BigInt(`0x${Buffer.from(jwk.n!, "base64url").toString("hex")}`);
    const only = [true, false, false, false, false, false, false];
    for (const hash of ["SHA-1", "SHA-256", "SHA-384"]) {
      const name = hash.replace("-", "").toLowerCase();
      const plain = sign(name, DATA, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
      const pkcs = { name: "RSASSA-PKCS1-v1_5", hash };
      const question = { data: base64(DATA), format: "spki", key: spki(publicKey) };
      const found = (await ask({
        ...question,
        algorithm: pkcs,
        parameters: "RSASSA-PKCS1-v1_5",
        signatures: variants(plain, modulus),
      })) as { results: boolean[]; described: unknown[]; spki: string; jwk: unknown };
      assert.deepEqual(found.results, only, hash);
      assert.deepEqual(found.described, ["public", modulusLength, [1, 0, 1], hash]);
      assert.equal(found.spki, spki(publicKey));
      const alg = { "SHA-1": "RS1", "SHA-256": "RS256", "SHA-384": "RS384" }[hash]!;
      assert.deepEqual(found.jwk, { n: jwk.n, e: jwk.e, alg });
      for (const saltLength of [0, 20]) {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        const signed = sign(name, DATA, { key: privateKey, padding, saltLength });
        const pss = (salt: number) =>
          ask({
            ...question,
            format: "jwk",
            key: jwk,
            algorithm: { name: "RSA-PSS", hash },
            parameters: { name: "RSA-PSS", saltLength: salt },
            signatures: variants(signed, modulus),
          }) as Promise<{ results: boolean[] }>;
        assert.deepEqual((await pss(saltLength)).results, only, `${hash} with ${saltLength} of salt`);
        assert.equal((await pss(saltLength + 1)).results[0], false);
      }
    }
  });
}

test("keys that are none, and private ones, are refused", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const jwk = publicKey.export({ format: "jwk" });
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const refusal = (format: string, key: unknown) =>
    ask({ format, key, algorithm, parameters: algorithm.name, data: "", signatures: [] });
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
  assert.equal(await refusal("pkcs8", pkcs8), "NotSupportedError");
  assert.equal(await refusal("jwk", privateKey.export({ format: "jwk" })), "NotSupportedError");
  assert.equal(await refusal("jwk", { ...jwk, kty: "EC" }), "DataError");
  assert.equal(await refusal("jwk", { ...jwk, alg: "RS512" }), "DataError");
  assert.equal(await refusal("jwk", { ...jwk, n: undefined }), "DataError");
  // Even, one, and so large that a single verification would hold the machine.
  assert.equal(await refusal("jwk", { ...jwk, e: "AQAA" }), "DataError");
  assert.equal(await refusal("jwk", { ...jwk, e: "AQ" }), "DataError");
  assert.equal(await refusal("jwk", { ...jwk, e: jwk.n }), "NotSupportedError");
  assert.equal(
    await refusal("jwk", { ...jwk, n: Buffer.alloc(2049, 255).toString("base64url") }),
    "NotSupportedError",
  );
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  assert.equal(await refusal("spki", spki(curve)), "DataError");
  const der = Buffer.from(spki(publicKey), "base64");
  assert.equal(await refusal("spki", base64(Buffer.concat([der, Buffer.alloc(1)]))), "DataError");
  assert.equal(await refusal("spki", base64(der.subarray(0, -1))), "DataError");
});
