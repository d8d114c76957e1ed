/** The command line: what a person sees when it works, and when they made a mistake. */
import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { explain, help, main } from "../../src/cli/main.ts";
import { UserError } from "../../src/image/user-error.ts";
import { Skerry, serve, skerry } from "./skerry.ts";

function workshop(files: Record<string, string>): { at: (name: string) => string; clear: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-cli-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return { at: (name) => path.join(folder, name), clear: () => rmSync(folder, { recursive: true }) };
}

test("help names every command, and each command has its own", async () => {
  const { status, output } = await skerry("--help");
  assert.equal(status, 0);
  assert.doesNotMatch(output, /\x1b/, "no colours in a pipe");
  for (const command of ["run", "dev", "build", "inspect", "compare", "compile"]) {
    assert.match(output, new RegExp(`^ {2}${command} `, "m"));
    const own = await help(command);
    assert.match(own, new RegExp(`^skerry ${command} [^]*options\n[^]*examples\n {2}skerry ${command}`));
  }
});

test("each mistake gets one clear message and status 2", async () => {
  const shop = workshop({
    "syntax.ts": "export default {\n  fetch(request {\n};\n",
    "import.ts": 'import { x } from "./nowhere";\nexport default { fetch: () => new Response(x) };\n',
    "node.ts":
      'import { spawn } from "node:child_process";\nexport default { fetch: () => new Response(String(spawn)) };\n',
    "native.ts": 'import { log } from "skerry/native/console";\nexport function start(): void { log(7); }\n',
    "readme.md": "no program\n",
    "text.wasm": "no module\n",
  });
  const mistakes: readonly (readonly [words: string[], ...patterns: RegExp[]])[] = [
    [["sail", "x.ts"], /no command "sail"/, /run/],
    [["toString"], /no command "toString"/, /run/],
    [["help", "__proto__"], /no command "__proto__"/, /run/],
    [["rum"], /no command "rum"/, /did you mean run\?/],
    [["run"], /no ENTRY/, /skerry init/],
    [["run", ""], /no ENTRY/],
    [["compile"], /needs a MODULE/],
    [["run", shop.at("node.ts"), "--targte", "node"], /no option --targte/, /did you mean --target\?/],
    [["run", shop.at("missing.ts")], /no file .*missing\.ts/],
    [["run", shop.at("readme.md")], /readme\.md is not a \.ts/],
    [["run", shop.at("text.wasm")], /text\.wasm is not a valid WebAssembly module/],
    [["run", shop.at("syntax.ts")], /syntax\.ts:2:1[0-9]/, /fetch\(request \{/],
    [["run", shop.at("import.ts")], /nowhere/, /import\.ts/],
    [["run", shop.at("node.ts")], /node:child_process/, /node\.ts/],
    [["run", shop.at("native.ts")], /native\.ts/, /not assignable|conversion/i],
    [["run", shop.at("node.ts"), "-p", "80"], /-p 80/, /8080:80/],
    [["run", shop.at("node.ts"), "-p", "8080:80", "-p", "8080:81"], /127\.0\.0\.1:8080.* 80 and 81/],
    [["run", shop.at("node.ts"), "--env", "novalue"], /novalue/, /NAME=VALUE/],
    [["run", shop.at("node.ts"), "--target", "moon"], /moon/, /node/],
    [["run", shop.at("node.ts"), "--speed"], /--speed/],
    [["run", shop.at("node.ts"), "--memory", "4M"], /--memory 4M/, /8M to 64G/],
    [["run", shop.at("node.ts"), "--target", "node", "--memory", "32M"], /--memory/, /target node/],
    [["run", shop.at("node.ts"), "--accelerator", "warp"], /warp/, /kvm, tcg/],
    [["run", shop.at("node.ts"), "--tap", "tap0", "-p", "80:80"], /-p .*gateway/],
    [["build", shop.at("node.ts")], /needs -o FILE/],
    [["build", shop.at("node.ts"), "-o", shop.at("x"), "--target", "node"], /target "node"/, /qemu, process/],
  ];
  try {
    const { status, errors } = await skerry(...mistakes[0]![0]);
    assert.equal(status, 2);
    assert.match(errors, mistakes[0]![1]!);
    for (const [words, ...patterns] of mistakes) {
      const errors = await mistake(words);
      for (const pattern of patterns) assert.match(errors, pattern, words.join(" "));
      assert.doesNotMatch(errors, /bug in Skerry|\n\s+at /, words.join(" "));
    }
  } finally {
    shop.clear();
  }
});

/** What a command says that fails, without the start of a process. */
async function mistake(words: readonly string[]): Promise<string> {
  try {
    await main([...words]);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return explain(error);
  }
  throw new Error(`no mistake: ${words.join(" ")}`);
}

test("a port in use is named, with what to do", async () => {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as net.AddressInfo;
  try {
    const { status, errors } = await skerry("run", "examples/http-native/main.ts", "-p", `${port}:80`);
    assert.equal(status, 2);
    assert.match(errors, new RegExp(`${port}.*in use`));
    assert.match(errors, /-p/);
  } finally {
    holder.close();
  }
});

test("--json prints one object a line, and nothing else, on standard output", async () => {
  const server = new Skerry(["run", "examples/hello/server.ts", "-p", "0:80", "--json"]);
  await server.printed(/"listening"/);
  const { output } = await server.stop();
  const events = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; url?: string });
  assert.deepEqual(
    events.map((event) => event.event),
    ["built", "listening", "started", "exited"],
  );
  assert.match(events[1]!.url!, /^http:\/\/127\.0\.0\.1:\d+$/);
});

test("the environment reaches the app, and Ctrl-C ends it with 130", async () => {
  const shop = workshop({
    "server.ts":
      "export default { fetch: (_: Request, env: Record<string, string>) => new Response(env.MODE) };",
  });
  try {
    const server = await serve(shop.at("server.ts"), "--env", "MODE=a=b c");
    assert.equal(await (await fetch(server.url)).text(), "a=b c");
    assert.equal((await server.stop()).status, 130);
  } finally {
    shop.clear();
  }
});

test("a handler that throws answers 500, and the log shows file, line and column of the TypeScript", async () => {
  const shop = workshop({
    "server.ts": [
      "interface Unused { gone: string }",
      "function fail(): never {",
      '  throw new TypeError("no such luck");',
      "}",
      "export default { fetch(): Response { return fail(); } };",
    ].join("\n"),
  });
  try {
    const server = await serve(shop.at("server.ts"));
    assert.equal((await fetch(server.url)).status, 500);
    await server.printed(/no such luck/);
    await server.printed(/server\.ts:3:/);
    assert.equal((await server.stop()).status, 130);
  } finally {
    shop.clear();
  }
});

test("a native app that traps is reported with its file and line, and status 134", async () => {
  const shop = workshop({
    "main.ts": [
      'import { log } from "skerry/native/console";',
      "",
      "export function start(): void {",
      '  log("before");',
      "  unreachable();",
      "}",
    ].join("\n"),
  });
  try {
    const { status, output, errors } = await skerry("run", shop.at("main.ts"));
    assert.equal(status, 134);
    assert.equal(output, "before\n");
    assert.match(errors, /trapped: unreachable/);
    assert.match(errors, /\(main\.ts:5:\d+\)/);
  } finally {
    shop.clear();
  }
});

test("a native app without network ends when nothing can wake it", async () => {
  const shop = workshop({
    "main.ts":
      'import { log } from "skerry/native/console";\nexport function start(): void {\n  log("done");\n}\n',
  });
  try {
    const { status, output } = await skerry("run", shop.at("main.ts"));
    assert.deepEqual([status, output], [0, "done\n"]);
  } finally {
    shop.clear();
  }
});

test("a program ends with 0, and with 1 when an error in a timer went uncaught", async () => {
  const shop = workshop({
    "good.ts": 'setTimeout(() => console.log("later"), 10);',
    "wrong.ts": "export default { fetch: 5 };",
    "bad.ts": 'setTimeout(() => { throw new Error("in the timer"); }, 10);',
  });
  try {
    const good = await skerry("run", shop.at("good.ts"), "-p", "0:80");
    assert.deepEqual([good.status, good.output], [0, "later\n"]);
    assert.doesNotMatch(good.errors, /listening/, "a port that leads to nobody is no server's");
    const wrong = await skerry("run", shop.at("wrong.ts"), "-p", "0:80");
    assert.equal(wrong.status, 1);
    assert.match(wrong.errors, /fetch is a function, found number/);
    const bad = await skerry("run", shop.at("bad.ts"), "-p", "0:80");
    assert.equal(bad.status, 1);
    assert.match(bad.errors, /in the timer[^]*bad\.ts:1:/);
  } finally {
    shop.clear();
  }
});

test("a pcap file that cannot be written is named", async () => {
  const { status, errors } = await skerry(
    "run",
    "examples/http-native/main.ts",
    "-p",
    "0:80",
    "--pcap",
    "/no/x",
  );
  assert.equal(status, 2);
  assert.match(errors, /--pcap.*\/no\/x/);
});

test("--pcap writes the frames of a request", async () => {
  const shop = workshop({});
  try {
    const server = await serve("examples/http-native/main.ts", "--pcap", shop.at("frames.pcap"));
    assert.equal(await (await fetch(server.url)).text(), "hello, world\n");
    await server.stop();
    const bytes = readFileSync(shop.at("frames.pcap"));
    assert.equal(bytes.readUInt32LE(0), 0xa1b23c4d, "nanosecond pcap");
    assert.ok(bytes.includes("GET / HTTP/1.1"));
    assert.ok(bytes.includes("hello, world"));
  } finally {
    shop.clear();
  }
});

test("dev starts again when the source changes, and keeps the old one while it does not compile", async () => {
  const source = (word: string) => `export default { fetch: () => new Response("${word}") };`;
  const shop = workshop({ "server.ts": source("one") });
  const server = new Skerry(["dev", shop.at("server.ts"), "-p", "0:80"]);
  // No connection outlives its machine.
  const answer = async () => (await fetch(server.url, { headers: { connection: "close" } })).text();
  try {
    await server.listening();
    await server.printed(/started in/);
    assert.equal(await answer(), "one");
    writeFileSync(shop.at("server.ts"), "export default {{{");
    await server.printed(/server\.ts:1:/);
    assert.equal(await answer(), "one");
    writeFileSync(shop.at("server.ts"), source("two"));
    await server.printed(/started in[^]*started in/);
    assert.equal(await answer(), "two");
  } finally {
    await server.stop();
    shop.clear();
  }
});
