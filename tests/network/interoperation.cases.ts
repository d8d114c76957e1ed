/** What Linux's programs and its TCP/IP must be able to do with an image, one case after the other on one machine. */
import assert from "node:assert/strict";
import path from "node:path";
import { writeFileSync } from "node:fs";
import { pattern, reportOf } from "./pattern.ts";
import { GUEST, GUEST6, type Site } from "./site.ts";

const MIB = 1024 * 1024;
const HOSTS = { IPv4: GUEST, IPv6: GUEST6 } as const;
const WEB = `http://${GUEST}`;
const WEB6 = `http://[${GUEST6}]`;

export type Case = (site: Site) => Promise<void>;

const curl = (site: Site, ...words: readonly string[]) => site.namespace.succeed(["curl", "-sS", ...words]);

/** The file of so many bytes of the pattern. */
function upload(site: Site, length: number): { file: string; expected: string } {
  const bytes = pattern(length);
  const file = path.join(site.folder, `upload-${length}`);
  writeFileSync(file, bytes);
  return { file, expected: reportOf(bytes) };
}

async function counters(site: Site): Promise<Record<string, number>> {
  return JSON.parse(await curl(site, `${WEB}/counters`)) as Record<string, number>;
}

export const CASES: Readonly<Record<string, Case>> = {
  "curl: GET and HEAD": async (site) => {
    for (const web of [WEB, WEB6]) {
      assert.equal(await curl(site, `${web}/`), "hello, world\n");
      assert.match(await curl(site, "--head", `${web}/`), /^HTTP\/1\.1 200 .*content-length: 13\r\n/is);
    }
  },

  "curl: one connection for three requests": async (site) => {
    const words = ["-w", "%{num_connects} ", "-o", "/dev/null"];
    const urls = [1, 2, 3].flatMap(() => [...words, `${WEB}/`, "--next"]).slice(0, -1);
    assert.equal(await curl(site, ...urls), "1 0 0 ");
  },

  "curl: uploads of 5 MiB, counted, chunked, and after 100-continue": async (site) => {
    const { file, expected } = upload(site, 5 * MIB);
    assert.equal(await curl(site, "--data-binary", `@${file}`, `${WEB}/upload`), expected);
    assert.equal(
      await curl(site, "-T", file, "-H", "transfer-encoding: chunked", `${WEB6}/upload`),
      expected,
    );
    const waits = ["-T", file, "-H", "expect: 100-continue", "--expect100-timeout", "60", "-v"];
    const { output, errors } = await site.namespace.run(["curl", "-sS", ...waits, `${WEB}/upload`]);
    assert.equal(output, expected);
    assert.match(errors, /HTTP\/1\.1 100 Continue/);
  },

  "curl: downloads of 5 MiB, counted and chunked, and both ways at once": async (site) => {
    const bytes = Buffer.from(pattern(5 * MIB)).toString("latin1");
    assert.ok((await curl(site, `${WEB}/bytes/${5 * MIB}`)) === bytes, "counted");
    assert.ok((await curl(site, `${WEB6}/chunked/${5 * MIB}`)) === bytes, "chunked");
    const { file } = upload(site, 5 * MIB);
    const mirrored = await curl(site, "-T", file, "-H", "transfer-encoding: chunked", `${WEB}/mirror`);
    assert.ok(mirrored === bytes, "chunked both ways");
  },

  "nc: four requests in one segment, and answers in their order": async (site) => {
    const request = (target: string, more = "") => `GET ${target} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
    const closing = request("/", "connection: close\r\n");
    const text = request("/bytes/3") + request("/nothing") + request("/chunked/2") + closing;
    const answers = await site.namespace.succeed(["nc", GUEST, "80"], text);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
    assert.deepEqual(statuses, ["200", "404", "200", "200"]);
    assert.match(answers, /hello, world\n$/);
  },

  "nc: who has said all still hears the answer": async (site) => {
    const text = "line\n".repeat(1000);
    for (const host of Object.values(HOSTS)) {
      assert.equal(await site.namespace.succeed(["nc", "-N", host, "7"], text), text);
    }
    assert.equal(await site.namespace.succeed(["nc", "-N", GUEST, "9"], text), reportOf(Buffer.from(text)));
  },

  "who has heard all may go on speaking": async (site) => {
    const before = (await counters(site))["late"]!;
    assert.equal(await site.peer.call("finishLate", { host: GUEST, late: 100_000 }), 5);
    assert.equal((await counters(site))["late"]! - before, 100_000);
  },

  "datagrams come back, whole or in fragments": async (site) => {
    const sizes = [0, 1, 512, 1400, 1452, 1453, 2000];
    for (const host of Object.values(HOSTS)) {
      assert.deepEqual(await site.peer.call("datagrams", { host, sizes }), sizes, host);
    }
  },

  "ping: any size; of what comes in fragments, as much as a frame holds": async (site) => {
    for (const size of [0, 8, 56, 1400, 1472, 1473, 4000]) await ping(site, GUEST, size);
    for (const size of [0, 8, 56, 1400, 1452, 1453, 4000]) await ping(site, GUEST6, size);
  },

  "a reader that stops closes the window, and opens it again": async (site) => {
    const length = 2 * MIB;
    const transfer = site.peer.call("download", { host: GUEST, length, waits: true });
    while ((await site.capture!.probes()) === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    await site.peer.call("read", {});
    assert.deepEqual(await transfer, { length, isRight: true });
  },

  "2,000 short connections, none lost": async (site) => {
    assert.equal(await site.peer.call("manyShort", { host: GUEST, count: 1500, width: 50 }), 0);
    assert.equal(await site.peer.call("manyShort", { host: GUEST6, count: 500, width: 50 }), 0);
  },

  "connections of an earlier life are reset": async (site) => {
    await site.peer.call("hold", { host: GUEST, port: 7, count: 5 });
    await site.peer.call("hold", { host: GUEST6, port: 7, count: 5 });
    await site.reboot();
    assert.deepEqual(
      await site.peer.call("write", { waitMs: 60_000 }),
      Array.from({ length: 10 }, () => "ECONNRESET"),
    );
    await site.peer.call("release", {});
    assert.equal(await curl(site, `${WEB}/`), "hello, world\n");
  },
};

export const BULK: Readonly<Record<string, Case>> = {
  "wrk: no socket errors": async (site) => {
    for (const web of [WEB, WEB6]) {
      const output = await site.namespace.succeed([
        "wrk",
        "-t1",
        "-c32",
        "-d1s",
        "--timeout",
        "60s",
        `${web}/`,
      ]);
      assert.doesNotMatch(output, /Socket errors|Non-2xx/);
      assert.ok(Number(/(\d+) requests in/.exec(output)![1]) > 0, output);
    }
  },

  "64 MiB each way, every byte as it was sent": async (site) => {
    const length = 64 * MIB;
    const { answer, expected } = await site.peer.call("upload", { host: GUEST, length });
    assert.equal(answer, expected);
    assert.deepEqual(await site.peer.call("download", { host: GUEST, length }), { length, isRight: true });
  },

  "16 MiB each way over IPv6, and both ways at once": async (site) => {
    const length = 16 * MIB;
    const { answer, expected } = await site.peer.call("upload", { host: GUEST6, length });
    assert.equal(answer, expected);
    assert.deepEqual(await site.peer.call("download", { host: GUEST6, length }), { length, isRight: true });
    assert.ok(await site.peer.call("echo", { host: GUEST6, length: 4 * MIB }));
    assert.ok(await site.peer.call("echo", { host: GUEST, length: 4 * MIB }));
  },
};

async function ping(site: Site, host: string, size: number): Promise<void> {
  // With a deadline it waits until three have come back, however slow the machine is.
  const words = ["ping", "-q", "-c", "3", "-i", "0.05", "-w", "30", "-s", String(size), host];
  const { status, output } = await site.namespace.run(words);
  assert.equal(status, 0, output);
  assert.match(output, / 3 received/);
}
