/**
 * What compartments cost, counted by the system: faults of a fresh one, memory that an idle tenant keeps. That what one
 * writes is gone for the next is shown elsewhere (`src/platform/process/renewal.test.ts`, image-tenants.test.ts).
 */
import test from "node:test";
import assert from "node:assert/strict";
import { MeasuredMachine } from "../../bench/isolation/measured-machine.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { canProfile, profileRequests } from "./guest-instructions/profile.ts";

const skip = canRunProcesses() ? false : "needs Linux on x86-64";
const REQUESTS = 400;
const TENANTS = 50;
const COMPARTMENTS = 1000;
/** What all of them may take. */
const TENANTS_KIB = 512 * 1024;
const KIB = 1024;

const LIMITS = [
  { entry: "examples/http-native/main.ts", faults: 0.2, tenantKiB: 40 },
  { entry: "examples/hello/server.ts", faults: 4, tenantKiB: 370 },
] as const;

for (const { entry, faults, tenantKiB } of LIMITS) {
  test(`${entry}: what a fresh compartment writes, and what an idle tenant keeps`, { skip }, async (t) => {
    const start = async (isolation: Parameters<typeof MeasuredMachine.start>[1]) => {
      const machine = await MeasuredMachine.start(entry, isolation, processTarget);
      t.after(() => machine.stop());
      await machine.ask(10, () => ({ "x-tenant": "first" }));
      return machine;
    };
    const faultsOf = async (machine: MeasuredMachine) => {
      const before = machine.counted().faults;
      await machine.ask(REQUESTS);
      return (machine.counted().faults - before) / REQUESTS;
    };
    const shared = await start("shared");
    const apart = await start({ by: "request", cpuMs: 0 });
    const tenants = await start({
      by: "tenant",
      key: { header: "x-tenant" },
      compartments: COMPARTMENTS,
      cpuMs: 0,
    });
    const unused = (tenants.counted().privateBytes - apart.counted().privateBytes) / COMPARTMENTS;
    const [usual, fresh] = [await faultsOf(shared), await faultsOf(apart)];
    const base = tenants.counted().privateBytes;
    const before = tenants.counted().privateBytes;
    await tenants.ask(TENANTS, (index) => ({ "x-tenant": `t${index}` }));
    const each = (tenants.counted().privateBytes - before) / TENANTS;
    t.diagnostic(`a request: ${fresh} faults, ${usual} in a shared compartment`);
    t.diagnostic(`a tenant: ${(each / KIB).toFixed(1)} KiB; never heard of: ${unused.toFixed(0)} bytes`);
    assert.ok(usual < 0.2 && fresh <= faults, `${fresh} faults, ${usual} in a shared compartment`);
    assert.ok(each <= tenantKiB * KIB, `${each} bytes`);
    assert.ok((base + each * COMPARTMENTS) / KIB < TENANTS_KIB, "a thousand tenants in 512 MiB");
    assert.ok(unused <= KIB, `${unused} bytes`);
  });
}

/** Of ring 0, where a fault and a page that is taken back are dear. */
const KEEL_LIMITS = [
  { entry: "examples/http-native/main.ts", instructions: 300 },
  { entry: "examples/hello/server.ts", instructions: 2500 },
] as const;

for (const { entry, instructions } of KEEL_LIMITS) {
  test(`${entry}: a fresh compartment is hardly the keel's work`, async (t) => {
    if (!canProfile()) return t.skip("needs cc, qemu-system-x86_64 and wrk");
    const apart = await profileRequests(entry, { connections: 1, isApart: true });
    const shared = await profileRequests(entry, { connections: 1 });
    t.diagnostic(
      `${apart.keel.toFixed(0)} instructions of ring 0, ${shared.keel.toFixed(0)} in a shared compartment`,
    );
    assert.ok(apart.keel <= instructions, `${apart.keel} instructions`);
  });
}
