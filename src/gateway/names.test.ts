import test from "node:test";
import assert from "node:assert/strict";
import { parseIpv4 } from "./address.ts";
import { Grants, parseGrant } from "./grant.ts";
import { ResponseCode, TYPE_A } from "./dns-message.ts";
import { Names, type Resolver } from "./names.ts";

const TYPE_AAAA = 28;

const resolver: Resolver = {
  async resolve4(name) {
    if (name === "api.example.com") {
      return [
        { address: "192.0.2.1", ttl: 300 },
        { address: "192.0.2.2", ttl: 60 },
      ];
    }
    throw Object.assign(new Error(name), { code: name.startsWith("no.") ? "ENOTFOUND" : "ETIMEOUT" });
  },
};

test("a granted name is answered, and its addresses are opened with it", async () => {
  const grants = new Grants([parseGrant("api.example.com:443")]);
  const names = new Names(grants, resolver);
  const answer = await names.answer("api.example.com", TYPE_A);
  assert.deepEqual(answer, {
    code: ResponseCode.Ok,
    addresses: [parseIpv4("192.0.2.1"), parseIpv4("192.0.2.2")],
    ttlSeconds: 60,
  });
  assert.ok(grants.permits("tcp", parseIpv4("192.0.2.2")!, 443));
});

test("a name without a grant is refused and never asked for", async () => {
  const asked: string[] = [];
  const names = new Names(new Grants([parseGrant("192.0.2.0/24:*")]), {
    resolve4: (name) => (asked.push(name), Promise.resolve([])),
  });
  assert.equal((await names.answer("api.example.com", TYPE_A)).code, ResponseCode.Refused);
  assert.deepEqual(asked, []);
});

test("failures have their own codes, other types no records", async () => {
  const names = new Names(new Grants([parseGrant("*:*")]), resolver);
  assert.equal((await names.answer("no.example.com", TYPE_A)).code, ResponseCode.NameError);
  assert.equal((await names.answer("slow.example.com", TYPE_A)).code, ResponseCode.ServerFailure);
  const other = await names.answer("api.example.com", TYPE_AAAA);
  assert.deepEqual([other.code, other.addresses], [ResponseCode.Ok, []]);
});

test("the host's resolver has a bounded number of queries at a time", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const names = new Names(new Grants([parseGrant("*:*")]), { resolve4: async () => (await held, []) });
  const answers = Array.from({ length: 100 }, () => names.answer("a.example", TYPE_A));
  release();
  const codes = (await Promise.all(answers)).map((answer) => answer.code);
  assert.equal(codes.filter((code) => code === ResponseCode.Ok).length, 64);
  assert.equal(codes.filter((code) => code === ResponseCode.ServerFailure).length, 36);
});

test("a name that DNS does not know is asked of all else that the host knows names by", async () => {
  const grants = new Grants(["db:5432", "gone:1", "own:1", "six.example.com:1"].map(parseGrant));
  const asked: string[] = [];
  const known: Readonly<Record<string, string[]>> = {
    db: ["192.0.2.9"],
    own: ["127.0.0.1", "not an address"],
  };
  const host: Resolver = {
    resolve4: (name) =>
      Promise.reject(Object.assign(new Error(), { code: name.startsWith("six") ? "ENODATA" : "ENOTFOUND" })),
    lookup(name, { family }) {
      asked.push(`${name} ${family}`);
      if (known[name] === undefined) return Promise.reject(new Error("ENOTFOUND"));
      return Promise.resolve(known[name].map((address) => ({ address })));
    },
  };
  const names = new Names(grants, host);
  assert.deepEqual(await names.answer("db", TYPE_A), {
    code: ResponseCode.Ok,
    addresses: [parseIpv4("192.0.2.9")],
    ttlSeconds: 10,
  });
  assert.ok(grants.permits("tcp", parseIpv4("192.0.2.9")!, 5432));
  assert.equal((await names.answer("gone", TYPE_A)).code, ResponseCode.NameError);
  assert.deepEqual((await names.answer("own", TYPE_A)).addresses, [parseIpv4("127.0.0.1")]);
  assert.ok(!grants.permits("tcp", parseIpv4("127.0.0.1")!, 1), "it opens nothing that is guarded");
  assert.equal((await names.answer("six.example.com", TYPE_A)).code, ResponseCode.Ok);
  assert.equal((await names.answer("other", TYPE_A)).code, ResponseCode.Refused);
  assert.deepEqual(asked, ["db 4", "gone 4", "own 4"], "only names that are granted, and DNS does not know");
});
