import test from "node:test";
import assert from "node:assert/strict";
import { SERVICES, SERVICE_NAMES, type ServiceName } from "../abi/services.ts";
import { buildKernel } from "./kernel.ts";
import { withRequired } from "./services.ts";

/** Each service's own code, as its source file stands in function names. */
const OWN_CODE: Readonly<Record<ServiceName, RegExp>> = {
  app: /^app\/(?!enter)/,
  console: /^console\//,
  clock: /^clock\//,
  entropy: /^entropy\//,
  ip: /^net\/ip\//,
  udp: /^net\/udp\//,
  tcp: /^net\/tcp\//,
  dhcp: /^net\/dhcp\//,
  ip6: /^net\/ip6\//,
  dns: /^net\/dns\//,
  // The rest of its folder is any HTTP message's.
  http: /^http\/(?!assets\/|client\/|websocket\/|websocket-client\/|body|characters|lists|numbers|output|scratch|wire)/,
  fetch: /^http\/client\//,
  websocket: /^http\/websocket\//,
  upgrade: /^http\/websocket-client\//,
  assets: /^http\/assets\//,
};

/** The function names in a module's name section. */
function functionNames(wasm: Uint8Array): string[] {
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(wasm as BufferSource), "name");
  assert.equal(sections.length, 1, "the module has names");
  return [
    ...Buffer.from(sections[0]!)
      .toString("latin1")
      .matchAll(/[\w~/.-]+\/[\w~/.#:<>,@-]+/g),
  ].map((m) => m[0]);
}

for (const name of SERVICE_NAMES) {
  test(`an image of ${name} alone holds its folders and those it requires, and no other service's`, async () => {
    const services = withRequired(["app", name]);
    const wasm = await buildKernel(services, true);
    const names = functionNames(wasm);
    for (const other of SERVICE_NAMES) {
      const present = names.some((symbol) => OWN_CODE[other].test(symbol));
      if (other !== "app" && !services.includes(other))
        assert.ok(!present, `${other} is in an image of ${name}`);
    }
    const expected = services.flatMap((service) =>
      Object.keys(SERVICES[service].calls).map((call) => `${service}_${call}`),
    );
    const exports = WebAssembly.Module.exports(new WebAssembly.Module(wasm as BufferSource)).map(
      (item) => item.name,
    );
    assert.deepEqual(exports.sort(), [...expected, "memory", "run", "start", "turn"].sort());
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource));
    const network = imports.some((item) => item.name.startsWith("net"));
    assert.equal(network, services.includes("ip"), "only a networked image can name the network device");
  });
}
