/**
 * What whoever has taken over the app can do by each kind's design, with no further bug. Nothing here is measured; each
 * answer names who says so.
 */
import {
  DESIGN_TOPICS,
  type DesignAnswer,
  type DesignTopic,
  type KindName,
  type Layer,
  type LayerRole,
  type NotMeasured,
} from "./comparison.ts";

export const TOPIC_WORDS: Readonly<Record<DesignTopic, string>> = {
  files: "files",
  network: "network",
  programs: "other programs",
  kernel: "the first kernel",
  below: "below it",
  secrets: "the app's own data",
};

type Answers = Readonly<Record<DesignTopic, readonly [answer: string, source: string]>>;

const PAGES = "man-pages";
const OCI = "OCI runtime specification, config-linux";
const LINUX_SECRETS =
  "all of it: keys, sessions and other requests lie in the same memory as the code that was taken over";
const NODE_SECURITY = "Node.js, SECURITY.md: what Node is asked to run is trusted";
const SECURITY = "SECURITY.md";
const SKERRY_SECRETS =
  "all of its compartment: keys, sessions and other requests, unless --isolation request or tenant gives each one of its own";
const SKERRY_NETWORK =
  "the ports it listens on; it begins to talk to nothing that --allow does not name, refused in the guest and again outside";

const ANSWERS: Readonly<Record<KindName, Answers>> = {
  process: {
    files: ["every file that its user may read or write", `${PAGES}: path_resolution(7)`],
    network: ["every address that this host reaches; any free port to listen on", `${PAGES}: ip(7)`],
    programs: [
      "starts any program; signals and mostly traces those of its user; sees all in /proc",
      `${PAGES}: ptrace(2), kill(2)`,
    ],
    kernel: [
      "the host's own, by every system call it has: one bug there is the whole host",
      `${PAGES}: syscalls(2)`,
    ],
    below: [
      "nothing is between that kernel and the hardware, but for what the host itself is a guest of",
      `${PAGES}: syscalls(2)`,
    ],
    secrets: [LINUX_SECRETS, NODE_SECURITY],
  },
  container: {
    files: ["its own root, read-only here, and what is mounted into it: nothing here", OCI],
    network: [
      "as started here every address that this host reaches (the host's network, as docker run --network host); behind a bridge, what its rules let through",
      "Docker documentation, Networking",
    ],
    programs: [
      "starts what its root holds; sees the processes of its own namespace alone",
      `${PAGES}: pid_namespaces(7)`,
    ],
    kernel: ["the host's own, shared with every other container: one bug there is the whole host", OCI],
    below: [
      "nothing is between that kernel and the hardware, but for what the host itself is a guest of",
      OCI,
    ],
    secrets: [LINUX_SECRETS, NODE_SECURITY],
  },
  microvm: {
    files: [
      "the guest's own disk; the host's files are not in it",
      "Firecracker documentation, docs/design.md",
    ],
    network: [
      "what the network device leads to, as the host routes and filters it: the guest may send any frame",
      "Firecracker documentation, docs/design.md",
    ],
    programs: [
      "starts what the guest's disk holds; other guests are not to be seen",
      "Firecracker documentation, docs/design.md",
    ],
    kernel: ["the guest's, by every system call it has: a bug there is this guest", `${PAGES}: syscalls(2)`],
    below: [
      "once that kernel is taken: the monitor's devices, and the host's KVM",
      "QEMU documentation, System Emulation, Security",
    ],
    secrets: [LINUX_SECRETS, NODE_SECURITY],
  },
  "skerry-process": {
    files: ["none: the calls to open one are not in its filter", SECURITY],
    network: [SKERRY_NETWORK, "docs/guide/network-policy.md"],
    programs: ["none: there is no second program, and no call to start one", SECURITY],
    kernel: [
      "its own compartment of services, by the calls that it was granted; no byte that it is not lent",
      SECURITY,
    ],
    below: ["once that kernel is taken: the host's Linux, by the calls of the filter", SECURITY],
    secrets: [SKERRY_SECRETS, "docs/guide/isolation.md"],
  },
  skerry: {
    files: ["none of the host's: no file system device is there", SECURITY],
    network: [SKERRY_NETWORK, "docs/guide/network-policy.md"],
    programs: ["none: there is no second program, and no way to load one", SECURITY],
    kernel: [
      "its own compartment of services, by the calls that it was granted; no byte that it is not lent",
      SECURITY,
    ],
    below: [
      "once that kernel is taken: the keel, by its listed calls; once that is taken too: the monitor's devices, and the host's KVM",
      SECURITY,
    ],
    secrets: [SKERRY_SECRETS, "docs/guide/isolation.md"],
  },
};

export const TITLES: Readonly<Record<KindName, string>> = {
  process: "Linux process",
  container: "container",
  microvm: "Linux microVM",
  "skerry-process": "Skerry process",
  skerry: "Skerry machine",
};

export function designOf(kind: KindName): DesignAnswer[] {
  return DESIGN_TOPICS.map((topic) => {
    const [answer, source] = ANSWERS[kind][topic];
    return { topic, answer, source };
  });
}

type Sketch = readonly [name: string, role: LayerRole, mode: string, door?: string];

const HOST: Sketch = ["Linux of the host", "host", "ring 0"];
const MONITOR: Sketch = ["the monitor", "monitor", "a process", "system calls"];

const SKETCHES: Readonly<Record<KindName, readonly Sketch[]>> = {
  process: [["Node and the app", "app", "a process", "system calls"], HOST],
  container: [["Node and the app", "app", "a process in namespaces", "system calls"], HOST],
  microvm: [
    ["Node and the app", "app", "a process of the guest", "system calls"],
    ["Linux of the guest", "kernel", "ring 0 of the guest", "devices"],
    MONITOR,
    HOST,
  ],
  "skerry-process": [
    ["the app", "app", "a compartment", "service calls"],
    ["kernel", "kernel", "a compartment", "system calls"],
    HOST,
  ],
  skerry: [
    ["the app", "app", "ring 3, a compartment", "service calls"],
    ["kernel", "kernel", "ring 3, a compartment", "keel calls"],
    ["keel", "keel", "ring 0", "devices"],
    MONITOR,
    HOST,
  ],
};

const NOT_STARTED: NotMeasured = { value: null, why: "it was not started here" };

/** How a kind that was not started is built. */
export function layersByDesign(kind: KindName): Layer[] {
  return SKETCHES[kind].map(([name, role, mode, door]) => ({
    ...{ name, role, mode, holds: "", codeBytes: NOT_STARTED },
    isShared: role === "host",
    doors: door === undefined ? [] : [{ what: door, count: NOT_STARTED }],
  }));
}
