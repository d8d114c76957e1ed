/**
 * Which system calls a process image makes, seen by strace: those that it declared, once its filter stands. What the
 * filter does to others is tried beside it (`src/platform/process/confinement.test.ts`).
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildNativeImage, type NativeImage } from "../../src/build/native-image.ts";
import { buildImage, type Image } from "../../src/image/image.ts";
import { processTarget } from "../../src/targets/process/target.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../examples");
/** As `confinement.ts` grants them. */
const DECLARED = new Set([
  ...["ppoll", "clock_gettime", "recvfrom", "sendto", "read", "write", "writev"],
  ...["setitimer", "rt_sigreturn", "mprotect", "madvise", "getrandom", "exit_group"],
]);
const REQUESTS = 5;

function hasTracer(t: TestContext): boolean {
  const isThere = [["strace", "-V"] as const, ["cc", "--version"] as const];
  if (isThere.every(([name, word]) => spawnSync(name, [word]).status === 0)) return true;
  t.skip("needs strace and cc");
  return false;
}

/**
 * A program that begins `inner` under the tracer, with all its descriptors. No script: the launcher removes the file as
 * soon as it runs, before a shell has opened it.
 */
function tracerOf(inner: string, trace: string): Uint8Array {
  const words = ["strace", "-f", "-o", trace, inner].map((word) => JSON.stringify(word)).join(", ");
  const source = `#include <string.h>
#include <unistd.h>
int main(int count, char **given) {
  char *words[64] = {${words}};
  memcpy(words + 5, given + 1, count * sizeof *given);
  return execvp("strace", words);
}
`;
  const program = `${inner}-tracer`;
  execFileSync("cc", ["-xc", "-", "-o", program], { input: source });
  return readFileSync(program);
}

/** Names of the calls after the filter was set. */
function callsAfterFilter(trace: string): string[] {
  const lines = trace.split("\n");
  const filter = lines.findIndex((line) => /\bseccomp\(SECCOMP_SET_MODE_FILTER/.test(line));
  assert.ok(filter > 0, trace);
  return lines.slice(filter + 1).flatMap((line) => /^(?:\d+ +)?([a-z_0-9]+)\(/.exec(line)?.[1] ?? []);
}

async function nativeOf(entry: string): Promise<{ readonly image: Image; readonly native: NativeImage }> {
  const image = await buildImage(path.join(EXAMPLES, entry));
  return { image, native: await buildNativeImage(image, "process") };
}

test("a program that prints and ends makes the calls that it declared", async (t) => {
  if (!hasTracer(t)) return;
  const { native } = await nativeOf("console/main.ts");
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-trace-"));
  try {
    const file = path.join(folder, "image");
    writeFileSync(file, native.elf, { mode: 0o755 });
    const trace = path.join(folder, "trace");
    spawnSync("strace", ["-f", "-o", trace, file]);
    const calls = callsAfterFilter(readFileSync(trace, "latin1"));
    assert.ok(calls.includes("write") && calls.includes("exit_group"));
    assert.deepEqual(
      [...new Set(calls)].filter((call) => !DECLARED.has(call)),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const entry of ["http-native/main.ts", "hello/server.ts"]) {
  test(`a server makes the calls that it declared: ${entry}`, async (t) => {
    if (!hasTracer(t)) return;
    const { image, native } = await nativeOf(entry);
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-trace-"));
    const trace = path.join(folder, "trace");
    const inner = path.join(folder, "image");
    writeFileSync(inner, native.elf, { mode: 0o755 });
    const traced = { ...native, elf: tracerOf(inner, trace) };
    const forwards = [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }];
    const options = { forwards, environment: {}, outbound: [], onConsole: () => {} };
    const machine = await processTarget.start({ ...image, native: traced }, options);
    try {
      for (let count = 0; count < REQUESTS; count++) {
        const response = await fetch(`http://127.0.0.1:${machine.forwards[0]!.hostPort}/`);
        assert.equal(response.status, 200);
        await response.text();
      }
      const calls = callsAfterFilter(readFileSync(trace, "latin1"));
      assert.ok(calls.includes("sendto") && calls.includes("ppoll"));
      assert.deepEqual(
        [...new Set(calls)].filter((call) => !DECLARED.has(call)),
        [],
      );
    } finally {
      await machine.stop();
      rmSync(folder, { recursive: true });
    }
  });
}
