import test from "node:test";
import assert from "node:assert/strict";
import { UserError } from "../image/user-error.ts";
import { parseMemory, parseRunOptions, requireFitting } from "./options.ts";

const parse = (...words: string[]) => parseRunOptions("run", ["server.ts", ...words]);
const refused = (pattern: RegExp, work: () => unknown) =>
  assert.throws(
    work,
    (error) => error instanceof UserError && pattern.test(`${error.message} ${error.hint}`),
  );

test("without options a target is chosen, and one port is joined", () => {
  const { target, accelerator, memoryMiB, tap, forwards } = parse();
  assert.deepEqual([target, accelerator, memoryMiB, tap], ["auto", undefined, undefined, undefined]);
  assert.deepEqual(forwards, [{ hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 80 }]);
});

test("a machine's options are read", () => {
  const { target, accelerator, memoryMiB, tap } = parse(
    ...["--target", "qemu", "--accelerator", "tcg", "--memory", "1G", "--tap", "tap0"],
  );
  assert.deepEqual([target, accelerator, memoryMiB, tap], ["qemu", "tcg", 1024, "tap0"]);
  assert.deepEqual(["32M", "32", "64MiB", "8MB"].map(parseMemory), [32, 32, 64, 8]);
});

test("each that is wrong is named, with what is right", () => {
  refused(/no target "moon".*auto, node, process, qemu/, () => parse("--target", "moon"));
  refused(/no accelerator "hax".*auto, kvm, tcg/, () => parse("--accelerator", "hax"));
  for (const text of ["", "4M", "1T", "-1", "65G"]) refused(/8M to 64G/, () => parseMemory(text));
  refused(/NAME of a TAP device/, () => parse("--tap", "a/b"));
  refused(/-p works through the gateway/, () => parse("--tap", "tap0", "-p", "1:2"));
  refused(/--pcap works through the gateway/, () => parse("--tap", "tap0", "--pcap", "x"));
});

test("options that a target cannot keep are refused", () => {
  refused(/--tap does not work with target node.*--target qemu/, () =>
    requireFitting("run", parse("--tap", "tap0"), "node"),
  );
  refused(/--accelerator/, () => requireFitting("run", parse("--accelerator", "tcg"), "process"));
  refused(/--memory/, () => requireFitting("run", parse("--memory", "32M"), "node"));
  requireFitting("run", parse("--memory", "32M"), "process");
});
