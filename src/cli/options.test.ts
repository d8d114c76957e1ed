import test from "node:test";
import assert from "node:assert/strict";
import { UserError } from "../image/user-error.ts";
import { describeNetwork } from "../library/guest-network.ts";
import { imageWish, settingsOf } from "../library/settings.ts";
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

test("addresses of the guest become lines of its configuration", () => {
  const words = ["--address", "10.0.0.2/24", "--gateway", "10.0.0.1", "--dns", "10.0.0.3"];
  const fixed = parse("--tap", "tap0", ...words, "--address6", "2001:db8::2/64", "--gateway6", "fe80::1");
  assert.deepEqual(fixed.bootLines, [
    "net.address=10.0.0.2/24",
    "net.gateway=10.0.0.1",
    "net.dns=10.0.0.3",
    "net.address6=2001:db8::2/64",
    "net.gateway6=fe80::1",
  ]);
  assert.equal(describeNetwork(fixed.network), "10.0.0.2, 2001:db8::2");
  const asked = parse("--tap", "tap0", "--address6", "auto", "--set", "tcp.keepalive=60");
  assert.equal(describeNetwork(asked.network), "IPv4 by DHCP, IPv6 as its routers announce");
  assert.deepEqual(asked.bootLines, ["net.address6=auto", "tcp.keepalive=60"]);
  assert.deepEqual([imageWish(asked).hasIpv6, imageWish(parse()).hasIpv6], [true, false]);
});

test("an address that is none, or has no meaning, is refused", () => {
  const tap = ["--tap", "tap0"];
  for (const text of ["10.0.0.2", "10.0.0.2/33", "10.0.0/24", "fe80::1/64", "a/24"]) {
    refused(/10\.0\.0\.2\/24/, () => parse(...tap, "--address", text));
  }
  for (const text of ["on", "2001:db8::2", "2001:db8::2/129", "fe80::1%tap0/64", "10.0.0.2/24"]) {
    refused(/auto, or an IPv6 address/, () => parse(...tap, "--address6", text));
  }
  refused(/--address .*needs --tap NAME.*-p/, () => parse("--address", "10.0.0.2/24"));
  refused(/--gateway belongs to a fixed --address/, () => parse(...tap, "--gateway", "10.0.0.1"));
  refused(/--gateway6 belongs to a fixed --address6/, () =>
    parse(...tap, "--address6", "auto", "--gateway6", "fe80::1"),
  );
  refused(/--set x: expected KEY=VALUE/, () => parse("--set", "x"));
});
