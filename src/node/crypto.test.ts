/** node:crypto beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import crypto, { createHash, createHmac, timingSafeEqual } from "node:crypto"; import { Readable } from "node:stream";`;
const NAMES = [
  "md5",
  "sha1",
  "SHA224",
  "sha256",
  "sha384",
  "sha512",
  "sha512-256",
  "ripemd160",
  "RSA-SHA256",
];

test("digests are Node's, in every encoding", () =>
  besideNode(SETUP, [
    ...NAMES.flatMap((name) => [
      `createHash("${name}").update("abc").update(Buffer.from([1, 2])).digest("hex")`,
      `createHmac("${name}", "key").update("a".repeat(200)).digest("base64")`,
    ]),
    `createHash("sha1").update("6162", "hex").digest()`,
    `createHash("sha1").update(new Uint16Array([1, 2])).digest("base64url")`,
    `createHash("none")`,
    `createHash(5)`,
    `createHash("sha1").update(5)`,
    `(() => { const h = createHash("sha1").update("a"); const c = h.copy(); return [h.update("b").digest("hex"), c.digest("hex")]; })()`,
    `(() => { const h = createHash("sha1"); h.digest(); return h.digest(); })()`,
    `(() => { const h = createHash("sha1"); h.digest(); return h.update("x"); })()`,
    `(() => { const h = createHmac("sha1", Buffer.from("k")).update("x"); return [h.digest("hex"), h.digest("hex")]; })()`,
    `createHmac("sha1")`,
    `createHmac("none", "k")`,
    `createHmac("sha256", crypto.createSecretKey(Buffer.from("key"))).update("x").digest("hex")`,
    `new Promise((done) => Readable.from(["a", "b"]).pipe(createHash("sha256")).on("data", (d) => done(d.toString("hex"))))`,
    `new Promise((done) => { const h = createHash("md5"); h.setEncoding("hex"); h.on("readable", () => { const d = h.read(); if (d) done(d); }); h.write("x"); h.end("y"); })`,
  ]));

test("keys are derived as Node does", () =>
  besideNode(SETUP, [
    `crypto.pbkdf2Sync("secret", "salt", 3, 40, "sha512").toString("hex")`,
    ...["sha1", "SHA-256", "sha384", "sha512", "md5"].map(
      (hash) => `[1, 2, 1000].map((n) => crypto.pbkdf2Sync("s", "t", n, 150, "${hash}").toString("hex"))`,
    ),
    `crypto.pbkdf2Sync("x".repeat(300), "y".repeat(300), 20001, 64, "sha256").toString("hex")`,
    `crypto.pbkdf2Sync("", "", 2, 0, "sha512").length`,
    `crypto.pbkdf2Sync("secret", "salt", 0, 40, "sha512")`,
    `crypto.pbkdf2Sync("secret", "salt", 1, 4, "none")`,
    `new Promise((done) => crypto.pbkdf2("a", "b", 2, 8, "sha1", (error, key) => done([error, key.toString("hex")])))`,
    `crypto.scryptSync("secret", "salt", 32, { N: 16 }).toString("hex")`,
    `new Promise((done) => crypto.scrypt("a", "b", 8, { cost: 4 }, (error, key) => done([error, key.toString("hex")])))`,
    `Buffer.from(crypto.hkdfSync("sha256", "key", "salt", "info", 20)).toString("hex")`,
    `crypto.createSecretKey("aabb", "hex").export().toString("hex")`,
    `crypto.createSecretKey(Buffer.from("abc")).export({ format: "jwk" })`,
  ]));

test("comparing and randomness keep Node's rules", () =>
  besideNode(SETUP, [
    `timingSafeEqual(Buffer.from("abc"), new Uint8Array([97, 98, 99]))`,
    `timingSafeEqual(Buffer.from("abc"), Buffer.from("abd"))`,
    `timingSafeEqual(Buffer.from("abc"), Buffer.from("ab"))`,
    `crypto.randomBytes(5).length + crypto.randomBytes(0).length`,
    `crypto.randomBytes("5")`,
    `crypto.randomBytes(-1)`,
    `new Promise((done) => crypto.randomBytes(4, (error, bytes) => done([error, bytes.length])))`,
    `(() => { const b = Buffer.alloc(64); crypto.randomFillSync(b, 32); return [b.subarray(0, 32).every((x) => x === 0), b.subarray(32).some((x) => x !== 0)]; })()`,
    `crypto.randomFillSync(Buffer.alloc(4), 5)`,
    `Array.from({ length: 200 }, () => crypto.randomInt(3, 6)).every((x) => x >= 3 && x < 6)`,
    `crypto.randomInt(5, 5)`,
    `/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(crypto.randomUUID())`,
    `crypto.getHashes().includes("sha256") && crypto.webcrypto === globalThis.crypto`,
  ]));
