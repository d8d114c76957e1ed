import test from "node:test";
import assert from "node:assert/strict";
import { validate } from "./schema.ts";
import { settingsOf } from "./settings.ts";
import { parseForward, parseMemory } from "./values.ts";

const mistakes = (value: unknown): readonly string[] => {
  const validation = validate(value);
  return validation.isGood ? [] : validation.mistakes;
};

test("each mistake is told by its place, what was expected, and what was found", () => {
  const cases: readonly (readonly [value: unknown, mistake: string])[] = [
    [{ ports: [{ host: 3000, guest: 80000 }] }, "ports[0].guest: expected 1 to 65535, found 80000"],
    [{ ports: [8080, { host: 3000 }] }, "ports[1].guest: expected a value, and it is missing"],
    [{ ports: ["80"] }, 'ports[0]: expected [ADDRESS:]HOST:GUEST with ports up to 65535, found "80"'],
    [{ ports: [true] }, 'ports[0]: expected a port, "HOST:GUEST" or { host, guest }, found true'],
    [{ ports: 80 }, "ports: expected a list of ports, found 80"],
    [{ memory: "4M" }, 'memory: expected 8M to 64G, found "4M"'],
    [{ memory: false }, "memory: expected 8M to 64G, found false"],
    [{ target: "moon" }, 'target: expected "auto", "qemu", "process", "node", found "moon"'],
    [{ env: { A: "1\n2" } }, 'env.A: expected a text of one line, a number, true or false, found "1\\n2"'],
    [{ env: { A: [] } }, "env.A: expected a text of one line, a number, true or false, found []"],
    [{ allow: ["nowhere"] }, 'allow[0]: expected HOST:PORT, where "*" stands for any, found "nowhere"'],
    [{ limits: { timeMs: 0 } }, "limits.timeMs: expected 1 to 3600000, found 0"],
    [{ limits: { timems: 5 } }, "limits.timems: there is no such field; did you mean timeMs?"],
    [{ port: [80] }, "port: there is no such field; did you mean ports?"],
    [{ name: "a b" }, 'name: expected a name of letters, digits, dots and hyphens, found "a b"'],
    [7, "the configuration: expected an object, found 7"],
    [() => 7, "the configuration: expected an object, found a function"],
  ];
  for (const [value, mistake] of cases) assert.deepEqual(mistakes(value), [mistake]);
  assert.equal(mistakes({ memory: "4M", ports: [{ host: -1, guest: 1 }] }).length, 2, "all are told at once");
});

test("what is right comes in the units of machines, and the command line beats it", () => {
  const validation = validate({
    target: "process",
    memory: "32M",
    ports: [3000, "[::1]:3001:81", { host: 0, guest: 82, address: "0.0.0.0" }],
    env: { MODE: "test", DEBUG: true, LEVEL: 3 },
    allow: ["api.example.com:443"],
    limits: { timeMs: 500, memory: 16 },
  });
  assert.ok(validation.isGood);
  const settings = settingsOf(validation.value, { environment: { LEVEL: "4" }, memoryMiB: 64 });
  assert.deepEqual(settings.forwards, [
    { hostAddress: "127.0.0.1", hostPort: 3000, guestPort: 80 },
    { hostAddress: "::1", hostPort: 3001, guestPort: 81 },
    { hostAddress: "0.0.0.0", hostPort: 0, guestPort: 82 },
  ]);
  assert.deepEqual(settings.environment, { MODE: "test", DEBUG: "true", LEVEL: "4" });
  assert.deepEqual(settings.bootLines, ["app.timeLimitMs=500", "app.memoryMiB=16"]);
  assert.deepEqual([settings.target, settings.memoryMiB], ["process", 64]);
  assert.deepEqual(settingsOf(validation.value, { target: "node" }).target, "node");
  assert.deepEqual(settings.outbound, ["api.example.com:443"]);
});

test("sizes and ports are read as people write them", () => {
  assert.deepEqual(["32M", "32", 64, "64MiB", "8MB", "1G"].map(parseMemory), [32, 32, 64, 64, 8, 1024]);
  for (const text of ["", "4M", "1T", "-1", "65G"]) assert.equal(parseMemory(text), undefined);
  for (const text of ["80", "1:0", "1:65536", "x", "::1:1:2"]) assert.equal(parseForward(text), undefined);
});
