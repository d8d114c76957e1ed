import test from "node:test";
import assert from "node:assert/strict";
import { isolationOf, requireApart, type IsolationOption } from "./isolation.ts";
import { kernelSource } from "./kernel-source.ts";

test("what is not said is usual", () => {
  assert.equal(isolationOf(undefined), undefined);
  assert.equal(isolationOf("shared"), undefined);
  assert.equal(isolationOf({ by: "shared" }), undefined);
  const request = { by: "request", key: "host", compartments: 32, cpuMs: 10_000, memoryMiB: 64, outbound: 8 };
  assert.deepEqual(isolationOf("request"), request);
  const header = isolationOf({ by: "tenant", key: { header: "X-Tenant" }, outbound: 0 });
  assert.deepEqual(header, {
    by: "tenant",
    key: { header: "x-tenant" },
    compartments: 256,
    cpuMs: 1000,
    memoryMiB: 64,
    outbound: 0,
  });
});

test("what cannot be is told", () => {
  const wrong: readonly (readonly [IsolationOption, RegExp])[] = [
    [{ by: "request", compartments: 1 }, /compartments is 1/],
    [{ by: "request", compartments: 1025 }, /compartments is 1025/],
    [{ by: "request", memoryMiB: 1.5 }, /memoryMiB is 1.5/],
    [{ by: "tenant", key: { header: "x tenant" } }, /"x tenant" is not the name of a header field/],
    ["alone" as "request", /"alone" is not a way to keep requests apart/],
  ];
  for (const [option, message] of wrong) assert.throws(() => isolationOf(option), { message });
});

test("an app that answers no requests is not kept apart", () => {
  requireApart(["app", "clock", "ip", "tcp", "http"]);
  assert.throws(() => requireApart(["app", "console"]), /answers no requests/);
});

test("a kernel that keeps nothing apart holds nothing of how it is done", () => {
  const services = ["app", "clock", "ip", "tcp", "http"] as const;
  assert.doesNotMatch(kernelSource(services), /renew|by-request|by-tenant|startCompartments/);
  const isolated = kernelSource(services, "hosted", isolationOf("request"));
  assert.match(isolated, /by-request/);
  assert.doesNotMatch(isolated, /by-tenant|restartApp/);
});
