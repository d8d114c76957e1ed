/** node:url beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const ADDRESSES = [
  "http://user:pass@Sub.Example.com:8080/p/a/t/h?query=string#hash",
  "/path?x=1&y=2#z",
  "//host/path",
  "http://example.com",
  "https://example.com?x",
  "mailto:a@b.c",
  "javascript:alert('hi')",
  "x y?a b",
  "http://[::1]:80/",
  "http://a.b/\\t{x}",
  "*",
  "",
  "?only",
  "#only",
  "file:///etc/x",
  "http:\\\\a.b\\c",
];

test("addresses are taken apart and put together as Node does", () =>
  besideNode(`import url, { fileURLToPath, pathToFileURL, URL, URLSearchParams } from "node:url";`, [
    ...ADDRESSES.flatMap((one) => [
      `({ ...url.parse(${JSON.stringify(one)}) })`,
      `({ ...url.parse(${JSON.stringify(one)}, true, true) })`,
      `url.format(url.parse(${JSON.stringify(one)}))`,
    ]),
    `url.parse(5)`,
    `url.format({ protocol: "http", host: "a.b", pathname: "x?y", query: { q: [1, 2] }, hash: "h" })`,
    `url.format({ hostname: "::1", port: 8, slashes: true, search: "a" })`,
    `url.format(new URL("http://u:p@a.b/c?d#e"), { auth: false, fragment: false, search: false })`,
    `url.resolve("/one/two/three", "four")`,
    `url.resolve("http://example.com/one", "/two")`,
    `url.resolve("http://example.com/one", "http://a.b/")`,
    `url.resolve("/a/b/c", "../d?x#y")`,
    `fileURLToPath("file:///a%20b/c")`,
    `fileURLToPath("http://a/b")`,
    `fileURLToPath("file://host/b")`,
    `fileURLToPath("file:///a%2fb")`,
    `fileURLToPath(1)`,
    `pathToFileURL("/a b/#c?d%").href`,
    `url.urlToHttpOptions(new URL("http://u:p@a.b:8/c?d")).auth`,
    `url.domainToASCII("español.com") + url.domainToASCII("xn--iñvalid.com")`,
    `URL === globalThis.URL && URLSearchParams === globalThis.URLSearchParams`,
  ]));
