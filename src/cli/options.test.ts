import test from "node:test";
import assert from "node:assert/strict";
import { UserError } from "../image/user-error.ts";
import { settingsOf } from "../library/settings.ts";
import { parseWords } from "./command.ts";
import { givenSettings, MACHINE_OPTIONS, requireFitting } from "./options.ts";

const given = (...words: string[]) =>
  givenSettings(parseWords({ name: "run", options: MACHINE_OPTIONS }, ["server.ts", ...words]).values);
const parse = (...words: string[]) => settingsOf({}, given(...words));
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
});

test("each that is wrong is named, with what is right", () => {
  refused(/no target "moon".*auto, node, process, qemu/, () => parse("--target", "moon"));
  refused(/no accelerator "hax".*auto, kvm, tcg/, () => parse("--accelerator", "hax"));
  refused(/--memory 4M: expected 8M to 64G/, () => parse("--memory", "4M"));
  refused(/NAME of a TAP device/, () => parse("--tap", "a/b"));
  refused(/-p works through the gateway/, () => parse("--tap", "tap0", "-p", "1:2"));
  refused(/--pcap works through the gateway/, () => parse("--tap", "tap0", "--pcap", "x"));
});

test("options that a target cannot keep are refused, what a configuration says for others is not", () => {
  const fits = (words: string[], target: "node" | "process") =>
    requireFitting("run", "server.ts", given(...words), target);
  refused(/--tap does not work with target node.*--target qemu/, () => fits(["--tap", "tap0"], "node"));
  refused(/--accelerator/, () => fits(["--accelerator", "tcg"], "process"));
  refused(/--memory/, () => fits(["--memory", "32M"], "node"));
  fits(["--memory", "32M"], "process");
});
