import test from "node:test";
import assert from "node:assert/strict";
import { formatIpv4, parseIpv4 } from "./address.ts";
import { Grants, parseGrant } from "./grant.ts";
import { UserError } from "../image/user-error.ts";

const grants = (...texts: string[]) => new Grants(texts.map(parseGrant));
const address = (text: string) => parseIpv4(text)!;

test("addresses are read strictly and written back", () => {
  for (const text of ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.0.2.15"]) {
    assert.equal(formatIpv4(address(text)), text);
  }
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.x",
    " 1.2.3.4",
    "0x7f.0.0.1",
  ]) {
    assert.equal(parseIpv4(text), undefined, text);
  }
});

test("malformed grants are refused with a hint", () => {
  for (const text of [
    "",
    "host",
    "1.2.3.4",
    "1.2.3.4:0",
    "1.2.3.4:65536",
    "1.2.3.4/33:80",
    "1.2.3:80",
    "a..b:1",
    "*.:1",
    "h:5-4",
    "h:*-9",
    "sctp:h:1",
  ]) {
    assert.throws(
      () => parseGrant(text),
      (error) => error instanceof UserError && error.hint !== undefined,
      text,
    );
  }
});

test("nothing is reached without a grant", () => {
  assert.equal(grants().permits("tcp", address("192.0.2.1"), 443), false);
  assert.equal(grants().permitsName("example.com"), false);
});

test("a grant covers its protocol, network and ports, and no more", () => {
  const some = grants("tcp:192.0.2.0/24:443", "198.51.100.7:8000-8001");
  assert.ok(some.permits("tcp", address("192.0.2.200"), 443));
  assert.ok(!some.permits("udp", address("192.0.2.200"), 443));
  assert.ok(!some.permits("tcp", address("192.0.3.200"), 443));
  assert.ok(!some.permits("tcp", address("192.0.2.200"), 444));
  assert.ok(some.permits("udp", address("198.51.100.7"), 8001));
  assert.ok(!some.permits("udp", address("198.51.100.7"), 8002));
});

test("loopback, link-local and this host need a grant that names them", () => {
  const all = grants("*:*");
  assert.ok(all.permits("tcp", address("8.8.8.8"), 53));
  for (const guarded of ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255"]) {
    assert.ok(!all.permits("tcp", address(guarded), 80), guarded);
  }
  assert.ok(grants("127.0.0.1:9000").permits("tcp", address("127.0.0.1"), 9000));
});

test("a name opens the addresses it was answered with, but never a guarded one", () => {
  const some = grants("api.example.com:443", "*.example.org:80");
  assert.ok(some.permitsName("API.example.com."));
  assert.ok(some.permitsName("a.b.example.org"));
  for (const other of ["example.com", "x.api.example.com", "example.org", "badexample.org"]) {
    assert.ok(!some.permitsName(other), other);
  }
  const answered = address("192.0.2.9");
  assert.ok(!some.permits("tcp", answered, 443));
  some.learn("api.example.com", answered, 60);
  assert.ok(some.permits("tcp", answered, 443));
  assert.ok(!some.permits("tcp", answered, 80));
  some.learn("api.example.com", address("127.0.0.1"), 60);
  assert.ok(!some.permits("tcp", address("127.0.0.1"), 443));
});

test("what a name opened is closed when the answer's time is over, and opened by the next answer", () => {
  let nowMs = 1000;
  const some = new Grants([parseGrant("api.example.com:443"), parseGrant("*.com:80")], () => nowMs);
  const answered = address("192.0.2.9");
  some.learn("api.example.com", answered, 60);
  nowMs += 64_000;
  assert.ok(some.permits("tcp", answered, 443) && some.permits("tcp", answered, 80));
  nowMs += 2000;
  assert.ok(!some.permits("tcp", answered, 443));
  some.learn("other.com", answered, 0);
  assert.ok(!some.permits("tcp", answered, 443) && some.permits("tcp", answered, 80));
  nowMs += 16_000;
  assert.ok(!some.permits("tcp", answered, 80));
});

test("IPv6 networks are read, and open nothing of IPv4", () => {
  for (const text of ["[2001:db8::1]:443", "udp:[2001:db8::/32]:*", "[::/0]:1-2", "[::ffff:1.2.3.4]:80"]) {
    assert.ok(!grants(text).permits("tcp", address("1.2.3.4"), 80), text);
    assert.ok(!grants(text).permitsName("example.com"), text);
  }
  for (const text of [
    "[2001:db8::/129]:1",
    "[fe80::1%eth0]:1",
    "[1.2.3.4]:1",
    "[]:1",
    "2001:db8::1:80",
    "[::1]",
  ]) {
    assert.throws(() => parseGrant(text), UserError, text);
  }
});
