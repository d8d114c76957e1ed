/**
 * The servers of the benchmark, as data: what each is, where it stands, and how it is started.
 *
 *   host   a Linux program in a namespace of its own, behind a pair of veth devices
 *   tap    a machine of ours behind a TAP device, which stands where the pair does for the others
 *
 * All answer 13 bytes of text but those of handlers in JavaScript.
 */
import path from "node:path";
import { writeFileSync } from "node:fs";
import { qemuProblem } from "../network/hypervisor.ts";
import { compileC, runFolder } from "../network/c-program.ts";
import { TAP, type Stand } from "../network/ground.ts";
import { processImage } from "../network/images.ts";
import { machineCommand } from "../network/machine-command.ts";
import { isInstalled } from "../network/namespace.ts";
import { ACCELERATORS } from "../../src/targets/target.ts";
import type { Choice } from "../network/machine.ts";

const GUEST_PORT = 80;
const BENCH = path.resolve(import.meta.dirname, "..");

export interface Place {
  readonly address: string;
  readonly port: number;
  /** Lines of a machine's configuration behind a TAP device. */
  readonly configuration: readonly string[];
}

export interface Server {
  readonly name: string;
  readonly stands: Stand;
  /** One thread does all the work that a request causes. */
  readonly hasOneThread?: boolean;
  /** Why it cannot run here. */
  readonly problem?: () => string | undefined;
  /** The command, which prints that it is listening, or started. */
  command(place: Place): readonly string[] | Promise<readonly string[]>;
}

/** The server that ratios are to. */
export const BASE = "node:http";
/** And the other one. */
export const C_SERVER = "C, epoll";

const inNode =
  (file: string, ...more: readonly string[]): Server["command"] =>
  ({ address, port }) => [
    process.execPath,
    path.join(BENCH, "servers", file),
    address,
    String(port),
    ...more,
  ];

const onTap =
  (entry: string, choice: Omit<Choice, "network">): Server["command"] =>
  ({ configuration }) =>
    machineCommand(entry, { ...choice, network: "tap", tap: TAP, configuration });

/** The image alone, without a launcher beside it. */
const processOnTap =
  (entry: string): Server["command"] =>
  async ({ configuration }) => [await processImage(entry), `net.tap=${TAP}`, ...configuration];

const forwarded =
  (entry: string, choice: Omit<Choice, "forwards">): Server["command"] =>
  ({ address, port }) =>
    machineCommand(entry, { ...choice, forwards: [{ address, port, guestPort: GUEST_PORT }] });

function nginxCommand({ address, port }: Place): readonly string[] {
  const file = path.join(runFolder(), "nginx.conf");
  const settings = [
    "daemon off; master_process off; pid /dev/null; error_log stderr;",
    "events { worker_connections 1024; }",
    "http { access_log off; keepalive_requests 1000000000; default_type text/plain;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${path.join(runFolder(), name)};`,
    ),
    `server { listen ${address}:${port}; location / { return 200 "hello, world\\n"; } } }`,
  ];
  writeFileSync(file, settings.join("\n"));
  return [
    "sh",
    "-c",
    'nginx -c "$0" & while ! nc -z "$1" "$2"; do sleep 0.1; done; echo listening on; wait',
    file,
    address,
    String(port),
  ];
}

const NATIVE = "examples/http-native/main.ts";

const SMALL: readonly Server[] = [
  { name: BASE, stands: "host", hasOneThread: true, command: inNode("small.mjs") },
  {
    name: C_SERVER,
    stands: "host",
    hasOneThread: true,
    command: ({ address, port }) => [compileC("servers/epoll.c"), address, String(port)],
  },
  {
    name: "nginx",
    stands: "host",
    hasOneThread: true,
    problem: () => (isInstalled("nginx") && isInstalled("nc") ? undefined : "needs nginx and nc"),
    command: nginxCommand,
  },
  {
    name: "skerry process, TAP",
    stands: "tap",
    hasOneThread: true,
    command: processOnTap(NATIVE),
  },
  {
    name: "skerry process, gateway",
    stands: "host",
    command: forwarded(NATIVE, { target: "process", network: "gateway" }),
  },
  {
    name: "skerry KVM, TAP",
    stands: "tap",
    problem: () => qemuProblem("kvm"),
    command: onTap(NATIVE, { target: "qemu", accelerator: "kvm" }),
  },
  {
    name: "skerry TCG, TAP",
    stands: "tap",
    problem: () => qemuProblem("tcg"),
    command: onTap(NATIVE, { target: "qemu", accelerator: "tcg" }),
  },
  {
    name: "skerry KVM, gateway",
    stands: "host",
    problem: () => qemuProblem("kvm"),
    command: forwarded(NATIVE, { target: "qemu", accelerator: "kvm", network: "gateway" }),
  },
  {
    name: "skerry KVM, slirp",
    stands: "host",
    problem: () => qemuProblem("kvm"),
    command: forwarded(NATIVE, { target: "qemu", accelerator: "kvm", network: "slirp" }),
  },
  {
    name: "skerry node",
    stands: "host",
    command: forwarded(NATIVE, { target: "node", network: "gateway" }),
  },
];

/** A handler in JavaScript, of `bench/servers/js`, beside what it comes to in Node's own server. */
function script(name: string): readonly Server[] {
  const entry = `bench/servers/js/${name}.ts`;
  return [
    { name: BASE, stands: "host", hasOneThread: true, command: inNode("handlers.mjs", name) },
    { name: "skerry process, TAP", stands: "tap", hasOneThread: true, command: processOnTap(entry) },
    ...ACCELERATORS.map((accelerator): Server => ({
      name: `skerry ${accelerator.toUpperCase()}, TAP`,
      stands: "tap",
      problem: () => qemuProblem(accelerator),
      command: onTap(entry, { target: "qemu", accelerator }),
    })),
    {
      name: "skerry node",
      stands: "host",
      command: forwarded(entry, { target: "node", network: "gateway" }),
    },
  ];
}

const SCRIPTS = ["sync", "headers", "async", "async-headers", "hello", "hono", "json"];

/** By what is asked for. */
export const SERVERS: Readonly<Record<string, readonly Server[]>> = {
  native: SMALL,
  ...Object.fromEntries(SCRIPTS.map((name) => [name, script(name)])),
};
