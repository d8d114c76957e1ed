/** URL and URLSearchParams in the engine beside Node's own: plain texts, those that are nearly plain, and all others. */
import test from "node:test";
import { randomFrom } from "../../../fuzz/target.ts";
import { compare } from "./beside-node.harness.ts";

const URL_PARTS = `const show = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash];`;

test("URL takes the same texts apart in the same way", () =>
  compare(
    [
      "http://a.test/",
      "http://127.0.0.1:8080/",
      "http://a.test:80/x",
      "http://a.test:65536/",
      "https://a.test:443/?q=1#f",
      "http://A.test/",
      "http://a.test",
      "http://a.test?x",
      "http://a.test/a/../b",
      "http://a.test/a/./b",
      "http://a.test/..",
      "http://a.test/%2e%2E/b",
      "http://a.test/a%20b?c%20d",
      "http://a.test/a b?c d#e f",
      "http://a.test/a..b/.c/..d",
      "http://a.test/?",
      "http://a.test/#",
      "http://a.test/?#",
      "http://user:pa%20ss@a.test:81/p",
      "http://1.2.3/",
      "http://0x7f.1/",
      "http://a.0x1/",
      "http://a.1/",
      "http://256.1.1.1/",
      "http://[::1]:8080/x",
      "http://[::1",
      "http://ä.test/ö?ü#ß",
      "http://xn--4ca.test/",
      "http://xn--a/",
      "http://a.xn--4ca/",
      "http://a_b.test/",
      "http://a..test/",
      "http://-a-.test/",
      "http://a.test:/",
      "http://a.test:08/",
      "http://a%2db.test/",
      "http://a b/",
      "http:a.test",
      "//a.test",
      "/x",
      "",
      "mailto:x@y",
      "data:text/plain,hi",
      "file:///C:/x",
      "javascript:alert(1)",
      "blob:http://a.test/x",
      "http://a.test/\\\\x\\\\y",
      "http://a.test/'\\\"<>`{}|",
      "http://a.test/?'\\\"<>`{}|^",
      "  http://a.test/  ",
      "http://a\\tb.test/",
      "ws://a.test/",
      "http://a.test/\\ud800",
      "http://a.test/x?y=\\0",
      "http://localhost/",
      "http://localhost/a'b?c",
      "http://localhost/a?b'c",
      "http://localhost/a?b/.c",
      "http://a/b;c=d,e:f@g!h$i&j(k)*l+m~n",
    ].map((text) => `show(new URL("${text}"))`),
    URL_PARTS,
  ));

/** Pieces of URLs, split at blanks. */
const LABELS = "a b-c x_y 1 255 256 01 0 0x1 xn-- xn--4ca A - é %61 1a".split(" ");
const PORTS = ["", "", "", ..." : :80 :443 :0 :1 :8080 :65535 :65536 :080 :123456 :8a".trim().split(" ")];
const PATH = [" ", ..."/ a . .. /. %2e %2E %2 % ? # ' : @ \\\\ é ~ [ | & =".split(" ")];

test("URL takes texts that are nearly plain apart in the same way", () => {
  const draw = randomFrom(7);
  const pick = (pieces: readonly string[]) => pieces[draw(pieces.length)]!;
  const several = (pieces: readonly string[], limit: number) =>
    Array.from({ length: draw(limit + 1) }, () => pick(pieces)).join("");
  const texts = Array.from({ length: 500 }, () => {
    const host = Array.from({ length: 1 + draw(5) }, () => pick(LABELS)).join(pick([".", ".", ".", ".."]));
    const port = pick(PORTS);
    return (
      pick(["http://", "https://", "http:/", "ftp://"]) + host + port + pick(["/", ""]) + several(PATH, 8)
    );
  });
  return compare(
    texts.map((text) => `show(new URL("${text}"))`),
    URL_PARTS,
  );
});

test("URL resolves against a base, and its setters change the same parts", () =>
  compare(
    [
      `show(new URL("../x?y#z", "http://a.test/b/c/d"))`,
      `show(new URL("//h/x", "https://a.test/"))`,
      `show(new URL("?q", "http://a.test/b"))`,
      `show(new URL("x", "mailto:y"))`,
      `show(new URL("/x", "not a base"))`,
      `URL.canParse("x")`,
      `URL.canParse("x", "http://a/")`,
      `URL.parse("x")`,
      ...[
        `href = "https://b.test/y"`,
        `href = "bad"`,
        `protocol = "https"`,
        `protocol = "mailto"`,
        `username = "me@"`,
        `password = "s e"`,
        `host = "b.test:99"`,
        `hostname = "b.test:99"`,
        `hostname = ""`,
        `port = "99"`,
        `port = ""`,
        `port = "80"`,
        `port = "x"`,
        `pathname = "x y"`,
        `pathname = ""`,
        `search = "a=b c"`,
        `search = "?"`,
        `search = ""`,
        `hash = "f g"`,
        `hash = "#"`,
        `hash = ""`,
      ].map(
        (change) =>
          `(() => { const u = new URL("http://a.test:81/p?q=1#f"); u.${change}; return show(u); })()`,
      ),
      `(() => { const u = new URL("http://a.test/?a=1&b=2"); u.searchParams.append("c", "3 4"); u.searchParams.delete("a"); return [u.href, u.search]; })()`,
      `(() => { const u = new URL("http://a.test/?a=1"); const p = u.searchParams; u.search = "?z=9"; return [p.get("z"), p.has("a"), p === u.searchParams]; })()`,
      `(() => { const u = new URL("http://a.test/?a=1"); u.searchParams.delete("a"); return u.href; })()`,
      `JSON.stringify({ u: new URL("http://a.test/") })`,
      `Object.prototype.toString.call(new URL("http://a/"))`,
    ],
    URL_PARTS,
  ));

test("URLSearchParams parses, changes and writes the same", () =>
  compare([
    `new URLSearchParams("?a=1&b=%20+c&&=x&d&a=2%").toString()`,
    `[...new URLSearchParams("a=%ff%C3%A4&b=%zz+1")]`,
    `new URLSearchParams({ a: "ä €", "b c": "!'()*~-._" }).toString()`,
    `new URLSearchParams([["x", "1"], ["x", "2"]]).getAll("x")`,
    `new URLSearchParams([["x"]])`,
    `new URLSearchParams("\\ud800=1").toString()`,
    `new URLSearchParams(new URLSearchParams("q=1")).get("q")`,
    `(() => { const p = new URLSearchParams("b=2&a=1&b=1"); p.sort(); p.set("b", "x"); p.append("c", ""); p.delete("a", "2"); return [p.toString(), p.size, p.has("b", "x"), [...p.keys()], [...p.values()]]; })()`,
    `(() => { const r = []; new URLSearchParams("a=1&b=2").forEach((v, k) => r.push(k + v)); return r; })()`,
  ]));
