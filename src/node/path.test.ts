/** Paths beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const PATHS = [
  "",
  ".",
  "..",
  "/",
  "//",
  "///a",
  "//a",
  "a",
  "a/",
  "/a/b/",
  "a//b/../c/./d.txt",
  "../../x",
  "/../x",
  "a/..",
  "./a/.b",
  "/a/.b.c",
  "x.",
  ".x",
  "a/b.c.d/",
  "..a",
  "a..",
  "/a/..//b/",
  "a.b/c",
];

test("paths are taken apart and put together as Node does", () =>
  besideNode(`import path, { posix, sep } from "node:path"; import required from "path/posix";`, [
    ...["normalize", "dirname", "basename", "extname", "parse", "isAbsolute"].flatMap((method) =>
      PATHS.map((one) => `path.${method}(${JSON.stringify(one)})`),
    ),
    ...PATHS.map((one) => `path.format(path.parse(${JSON.stringify(one)}))`),
    ...PATHS.flatMap((one) => [
      `path.join("/r", ${JSON.stringify(one)}, "z")`,
      `path.join(${JSON.stringify(one)})`,
      `path.resolve("/r/s", ${JSON.stringify(one)}, "t")`,
      `path.relative("/r/s", path.resolve("/r", ${JSON.stringify(one)}))`,
    ]),
    `path.basename("a/b.txt", ".txt")`,
    `path.basename(".txt", ".txt")`,
    `path.basename("a/b.txt/", "xt")`,
    `path.basename("/a", "a")`,
    `path.relative("/a/b", "/a/b")`,
    `path.format({ dir: "/x", name: "n", ext: "e" })`,
    `path.format({ root: "/", base: "b" })`,
    `path.format(1)`,
    `path.join(1)`,
    `path.dirname(undefined)`,
    `sep + path.delimiter + (posix === path) + (required === path.posix)`,
  ]));
