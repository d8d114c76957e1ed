/** What compartments cost, counted by the system: pages that a fresh one writes, memory that an idle tenant keeps. */
import test from "node:test";
import assert from "node:assert/strict";
import { MeasuredMachine } from "../../bench/isolation/measured-machine.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";

const skip = canRunProcesses() ? false : "needs Linux on x86-64";
const REQUESTS = 50;
const TENANTS = 50;
const COMPARTMENTS = 1000;
const KIB = 1024;

const LIMITS = [
  { entry: "examples/http-native/main.ts", pages: 6, tenantKiB: 64 },
  { entry: "examples/hello/server.ts", pages: 160, tenantKiB: 600 },
] as const;

for (const { entry, pages, tenantKiB } of LIMITS) {
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
    const before = tenants.counted().privateBytes;
    await tenants.ask(TENANTS, (index) => ({ "x-tenant": `t${index}` }));
    const each = (tenants.counted().privateBytes - before) / TENANTS;
    t.diagnostic(`a request: ${fresh} pages, ${usual} in a shared compartment`);
    t.diagnostic(`a tenant: ${(each / KIB).toFixed(1)} KiB; never heard of: ${unused.toFixed(0)} bytes`);
    assert.ok(
      fresh >= 1 && usual < 1,
      "pages are dropped after each request, and only where it is kept apart",
    );
    assert.ok(fresh <= pages, `${fresh} pages`);
    assert.ok(each <= tenantKiB * KIB, `${each} bytes`);
    assert.ok(unused <= KIB, `${unused} bytes`);
  });
}
