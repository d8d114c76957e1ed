/**
 * Which services an image has: what its app's Wasm imports and exports, and what those require.
 *
 * Tests: services.test.ts
 */
import type { Manifest } from "../abi/manifest.ts";
import { ENTRY_NAMES, SERVICES, SERVICE_NAMES, type ServiceName } from "../abi/services.ts";
import { escapeControls } from "./escape-controls.ts";
import { UserError } from "./user-error.ts";

/** Import modules that are no service: the engine beside a JavaScript app, and AssemblyScript's own. */
const OTHER_MODULES = new Set(["engine", "face"]);
const OTHER_IMPORTS = new Set(["env.memory", "env.abort"]);

/** The services of a compartment made of `modules`, closed over `requires`, in the table's order. */
export function servicesOf(modules: readonly WebAssembly.Module[]): ServiceName[] {
  const wanted = new Set<ServiceName>(["app"]);
  for (const module of modules) {
    for (const item of WebAssembly.Module.imports(module)) {
      const service = serviceOfImport(item.module, item.name);
      if (service !== undefined) wanted.add(service);
    }
    for (const item of WebAssembly.Module.exports(module)) {
      const service = serviceOfEntry(item.name);
      if (service !== undefined) wanted.add(service);
    }
  }
  return withRequired(wanted);
}

/**
 * `services`, and DHCP where there is a network: an image asks for its address unless it is told one. IPv6 is in images
 * that ask for names, which may lead there, and where it is asked for; others do without its code.
 */
export function networked(services: readonly ServiceName[], hasIpv6 = false): ServiceName[] {
  if (!services.includes("ip")) return [...services];
  const isIn = hasIpv6 || services.includes("dns");
  return withRequired([...services, "dhcp", ...(isIn ? (["ip6"] as const) : [])]);
}

/** `names` and everything they require. */
export function withRequired(names: Iterable<ServiceName>): ServiceName[] {
  const found = new Set<ServiceName>();
  const visit = (name: ServiceName): void => {
    if (found.has(name)) return;
    found.add(name);
    SERVICES[name].requires.forEach(visit);
  };
  for (const name of names) visit(name);
  return SERVICE_NAMES.filter((name) => found.has(name));
}

/** Calls by which an app is a server. */
const LISTENING: ReadonlySet<string> = new Set(["tcp.listen", "http.listen", "assets.serve"]);

/** Whether an image's app was granted a call that listens: to no other does a port lead. */
export function mayListen({ modules }: Pick<Manifest, "modules">): boolean {
  return modules.some(
    ({ compartment, imports }) => compartment === "app" && imports.some((name) => LISTENING.has(name)),
  );
}

function serviceOfImport(module: string, name: string): ServiceName | undefined {
  if (OTHER_MODULES.has(module) || OTHER_IMPORTS.has(`${module}.${name}`)) return undefined;
  const service = (SERVICE_NAMES as readonly string[]).includes(module) ? (module as ServiceName) : undefined;
  if (service !== undefined && Object.hasOwn(SERVICES[service].calls, name)) return service;
  throw new UserError(
    "import",
    `the app imports "${escapeControls(`${module}.${name}`)}", which no service provides`,
    service === undefined
      ? `services are: ${SERVICE_NAMES.join(", ")}`
      : `"${service}" has: ${Object.keys(SERVICES[service].calls).join(", ")}`,
  );
}

function serviceOfEntry(exportName: string): ServiceName | undefined {
  const entry = ENTRY_NAMES.indexOf(exportName);
  if (entry < 0) return undefined;
  return SERVICE_NAMES.find((name) => (SERVICES[name].entries as readonly number[]).includes(entry));
}
