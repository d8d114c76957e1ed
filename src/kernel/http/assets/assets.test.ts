import test from "node:test";
import assert from "node:assert/strict";
import { FILES, LONG, Site } from "./site.harness.ts";

test("a path is decoded, its dots are resolved, and nothing else has an address", async () => {
  const site = await Site.of(FILES);
  const good: Readonly<Record<string, string>> = {
    "/": "home",
    "/?query": "home",
    "http://any.host": "home",
    "http://any.host/plain.txt?x": "0123456789",
    "/plain.txt": "0123456789",
    "/%70lain.txt": "0123456789",
    "/a%20b/%C3%BC.txt": "umlaut",
    "/blog/../plain.txt": "0123456789",
    "/blog/%2e%2E/plain.txt": "0123456789",
    "/./blog/./": "blog",
    "/blog/x/..": "blog",
    "/blog/../../../plain.txt": "?400",
    "/..": "?400",
    "/%2e%2e/plain.txt": "?400",
    "/../etc/passwd": "?400",
    "/%zz": "?400",
    "/%2": "?400",
    "/%": "?400",
    "/%00": "?400",
    "/plain.txt%00": "?400",
    "/.%00./plain.txt": "?400",
  };
  for (const [target, content] of Object.entries(good)) {
    const found = site.ask(target)!;
    const said = found.status === 200 ? found.content.toString() : `?${found.status}`;
    assert.equal(said, content, target);
  }
  const nowhere = ["/%2fplain.txt", "/blog%2findex.html", "//plain.txt", "/PLAIN.txt"];
  for (const target of [...nowhere, "/plain.txt/", "/img/", "/img", "/..%2f..%2fetc/passwd"]) {
    assert.equal(site.status(target), 404, target);
  }
});

test("the longest target and the deepest one are read, and are not there", async () => {
  const site = await Site.of(FILES);
  assert.equal(site.status(`/${"x".repeat(8191)}`), 404);
  assert.equal(site.status(`${"/x".repeat(4096)}`), 404);
  assert.equal(site.ask(`/blog/${"y/".repeat(4000)}`)!.content.toString(), "no such post");
  assert.equal(site.status(`/${"%2e/".repeat(2000)}plain.txt`), 200);
});

test("pages stand where Workers have them", async () => {
  const site = await Site.of(FILES);
  const moved: Readonly<Record<string, string>> = {
    "/about.html": "/about",
    "/about/": "/about",
    "/about.html?a=b": "/about?a=b",
    "/index.html": "/",
    "/index": "/",
    "/blog": "/blog/",
    "/blog/index": "/blog/",
    "/blog/index.html?x": "/blog/?x",
  };
  for (const [target, location] of Object.entries(moved)) {
    const { status, fields } = site.ask(target)!;
    assert.deepEqual([status, fields["location"]], [307, location], target);
  }
  assert.equal(site.ask("/about")!.content.toString(), LONG);
});

test("with files where they lie, only a folder's page has another address", async () => {
  const site = await Site.of(FILES, { htmlHandling: "files" });
  assert.equal(site.status("/about.html"), 200);
  assert.equal(site.status("/about"), 404);
  assert.equal(site.ask("/blog/")!.content.toString(), "blog");
  assert.equal(site.status("/blog/index.html"), 200);
  assert.equal(site.ask("/blog")!.fields["location"], "/blog/");
});

test("what is not there is answered by the nearest page for it", async () => {
  const site = await Site.of(FILES);
  assert.deepEqual(site.ask("/x/y")!.content.toString(), "nothing here");
  const { status, content, fields } = site.ask("/blog/old/post")!;
  assert.deepEqual([status, content.toString(), fields["etag"]], [404, "no such post", undefined]);
  assert.equal((await Site.of({ "a.txt": "a" })).ask("/b")!.content.toString(), "404 Not Found\n");
  const application = await Site.of(FILES, { notFoundHandling: "single-page-application" });
  assert.deepEqual(application.ask("/x/y")!.content.toString(), "home");
  assert.equal(application.status("/x/y"), 200);
});

test("beside an app, what no file answers is the app's", async () => {
  const site = await Site.of(FILES);
  const besides = (target: string, method = "GET") => site.ask(target, [], method, false)?.status;
  assert.equal(besides("/plain.txt"), 200);
  assert.equal(besides("/about.html"), 307);
  for (const target of ["/nowhere", "/%zz", "/../x"]) assert.equal(besides(target), undefined, target);
  assert.equal(besides("/plain.txt", "POST"), undefined);
});

test("only GET and HEAD read files", async () => {
  const site = await Site.of(FILES);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"]) {
    const { status, fields } = site.ask("/plain.txt", [], method)!;
    assert.deepEqual([status, fields], [405, { allow: "GET, HEAD" }], method);
  }
  assert.equal(site.status("/plain.txt", ["Range: bytes=0-0"], "HEAD"), 200, "ranges are GET's (14.2)");
});

test("a coding is sent that the client weighs highest", async () => {
  const site = await Site.of(FILES);
  const cases: Readonly<Record<string, string>> = {
    "": "",
    gzip: "gzip",
    "x-gzip": "gzip",
    "gzip, br": "br",
    "GZIP , Br": "br",
    "gzip, deflate, br, zstd": "br",
    "br;q=0, gzip": "gzip",
    "br;q=0.5, gzip;q=0.8": "gzip",
    "br; q=0.8 , gzip;q=0.800": "br",
    "*": "br",
    "*;q=0": "",
    "br;q=0, *": "gzip",
    identity: "",
    "identity, br;q=0.5": "",
    "identity;q=0.2, gzip;q=0.3": "gzip",
    "deflate, zstd": "",
    "br;q=1.1": "",
    "br;q=x, gzip;q=1.000": "gzip",
    "br;q=0.0001": "",
    "br;level=3": "",
    ",,br,": "br",
    bread: "",
  };
  for (const [accepted, coding] of Object.entries(cases)) {
    const { fields, content } = site.ask("/about", accepted === "" ? [] : [`Accept-Encoding: ${accepted}`])!;
    assert.equal(fields["content-encoding"] ?? "", coding, accepted);
    assert.equal(fields["vary"], "Accept-Encoding");
    assert.ok(coding === "" ? content.length === LONG.length : content.length < LONG.length / 10);
  }
  assert.equal(site.ask("/plain.txt", ["Accept-Encoding: br"])!.fields["vary"], undefined);
  const twice = site.ask("/about", ["Accept-Encoding: identity;q=0.1", "accept-encoding: gzip"])!;
  assert.equal(twice.fields["content-encoding"], "gzip");
});

test("conditions", async () => {
  const site = await Site.of(FILES);
  const tag = site.ask("/about")!.fields["etag"]!;
  const coded = site.ask("/about", ["Accept-Encoding: br"])!.fields["etag"]!;
  assert.notEqual(tag, coded, "a coding is another representation");
  const same = ["*", tag, `W/${tag}`, `"a", ${tag}`, `"a,b" , W/"x",${tag}`];
  for (const list of same) {
    const { status, fields } = site.ask("/about", [`If-None-Match: ${list}`])!;
    assert.equal(status, 304, list);
    assert.deepEqual(Object.keys(fields), ["etag", "cache-control", "vary"]);
  }
  for (const list of ["", '"', `"a"`, tag.slice(1), `${tag.slice(0, -1)}`, coded, "**", `x ${tag}`]) {
    assert.equal(site.status("/about", [`If-None-Match: ${list}`]), 200, list);
  }
  assert.equal(site.status("/about", ['If-None-Match: "a"', `If-None-Match: ${tag}`]), 304);
  assert.equal(site.status("/about", ["Accept-Encoding: br", `If-None-Match: ${coded}`]), 304);
  assert.equal(site.status("/about", [`If-None-Match: ${tag}`], "HEAD"), 304);
  assert.equal(site.status("/about", [`If-Match: ${tag}`]), 200);
  assert.equal(site.status("/about", ["If-Match: *"]), 200);
  assert.equal(site.status("/about", [`If-Match: W/${tag}`]), 412);
  assert.equal(site.status("/about", ['If-Match: "a"', `If-None-Match: ${tag}`]), 412);
  assert.equal(site.status("/about.html", ["If-None-Match: *"]), 307);
  assert.equal(site.status("/nowhere", ["If-None-Match: *", "If-Match: *"]), 404);
  assert.equal(site.status("/about", [`If-None-Match: ${'"x",'.repeat(1000)}`]), 200, "too long: not there");
});

test("ranges", async () => {
  const site = await Site.of(FILES);
  const cases: Readonly<Record<string, string>> = {
    "bytes=0-0": "0",
    "bytes=2-4": "234",
    "bytes=8-": "89",
    "bytes=8-99": "89",
    "bytes=-3": "789",
    "bytes=-99": "0123456789",
    "BYTES=0-1": "01",
    "bytes=0-99999999999999999999999": "0123456789",
    "bytes=10-": "416",
    "bytes=99999999999999999999-": "416",
    "bytes=-0": "416",
    "bytes=4-2": "200",
    "bytes=-": "200",
    "bytes=a-b": "200",
    "bytes=1": "200",
    "bytes= 1-2": "200",
    "bytes=0-1,3-4": "200",
    "lines=0-1": "200",
    "bytes=1-2-3": "200",
    "": "200",
  };
  for (const [range, expected] of Object.entries(cases)) {
    const { status, content, fields } = site.ask("/plain.txt", [`Range: ${range}`])!;
    assert.equal(status === 206 ? content.toString() : String(status), expected, range);
    if (status === 416) assert.deepEqual(fields, { "content-range": "bytes */10" });
  }
  assert.equal(site.ask("/plain.txt", ["Range: bytes=2-4"])!.fields["content-range"], "bytes 2-4/10");
  assert.equal(site.status("/empty.txt", ["Range: bytes=0-"]), 416);
  assert.equal(site.status("/empty.txt", ["Range: bytes=-5"]), 200);
  const tag = site.ask("/plain.txt")!.fields["etag"]!;
  const range = "Range: bytes=0-1";
  assert.equal(site.status("/plain.txt", [range, `If-Range: ${tag}`]), 206);
  for (const other of ['"a"', `W/${tag}`, "Sun, 29 Nov 2026 00:00:00 GMT", `${tag}, "a"`]) {
    assert.equal(site.status("/plain.txt", [range, `If-Range: ${other}`]), 200, other);
  }
  assert.equal(site.status("/plain.txt", [range, `If-None-Match: ${tag}`]), 304, "the condition comes first");
});

test("types, and how long what may be kept", async () => {
  const site = await Site.of(
    { ...FILES, "assets/app-1a2b.js": "x", "data.json": "{}", "LOGO.SVG": "<svg/>", noextension: "?" },
    { immutable: ["/assets/"] },
  );
  const type = (target: string) => site.ask(target)!.fields["content-type"];
  assert.equal(type("/"), "text/html; charset=utf-8");
  assert.equal(type("/assets/app-1a2b.js"), "text/javascript; charset=utf-8");
  assert.equal(type("/LOGO.SVG"), "image/svg+xml; charset=utf-8");
  assert.equal(type("/img/x.png"), "image/png");
  assert.equal(type("/noextension"), "application/octet-stream");
  assert.equal(
    site.ask("/assets/app-1a2b.js")!.fields["cache-control"],
    "public, max-age=31536000, immutable",
  );
  assert.equal(site.ask("/data.json")!.fields["cache-control"], "public, max-age=0, must-revalidate");
});
