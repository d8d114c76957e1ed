/** The layer of Node, wherever it runs, and of what it stands on: this host's Linux. */
import type { Door, Layer, Measure, Memory } from "../comparison.ts";
import type { HostKernel } from "../kernel-facts.ts";
import { executableMemory, familyOf, heldMemory, readProcess } from "../process-facts.ts";

const NOT_TOLD = "the system does not tell it of this process (proc(5))";

export function nodeLayer(maps: string | undefined, mode: string, doors: readonly Door[]): Layer {
  const code = codeOf(maps);
  return {
    name: "Node and the app",
    role: "app",
    mode,
    holds: "V8, libuv, OpenSSL, the libraries they are linked against; your script",
    ...code,
    isShared: false,
    doors,
  };
}

/** Of any process: the files it may execute, and what it makes beside them. */
export function codeOf(maps: string | undefined): Pick<Layer, "codeBytes" | "generatedBytes"> {
  if (maps === undefined || maps === "") return { codeBytes: { value: null, why: NOT_TOLD } };
  const { fileBytes, generatedBytes, writableBytes } = executableMemory(maps);
  const writable = writableBytes === 0 ? "none of it writable" : `${writableBytes} of it writable too`;
  return {
    codeBytes: { value: fileBytes, how: "executable mappings of files in /proc/PID/maps" },
    generatedBytes: {
      value: generatedBytes,
      how: `executable mappings of no file in /proc/PID/maps, ${writable}`,
    },
  };
}

export function hostLayer({ codeBytes }: HostKernel): Layer {
  return {
    name: "Linux of the host",
    role: "host",
    mode: "ring 0",
    holds: "system calls, file systems, TCP/IP, drivers: the one kernel of all that runs here",
    codeBytes,
    isShared: true,
    doors: [],
  };
}

export function callsOf(kernel: HostKernel): Measure {
  const { systemCalls } = kernel;
  return systemCalls === undefined
    ? { value: null, why: "/proc/kallsyms does not tell the kernel's functions to this user" }
    : { value: systemCalls.length, how: "functions __x64_sys_* of /proc/kallsyms" };
}

/** Of a process and its children. */
export function memoryOf(pid: number): Memory {
  const rollups = familyOf(pid).map((one) => readProcess(one, "smaps_rollup"));
  if (rollups.some((text) => text === undefined)) {
    const none: Measure = { value: null, why: NOT_TOLD };
    return { residentBytes: none, proportionalBytes: none };
  }
  const { residentBytes, proportionalBytes } = heldMemory(rollups as string[]);
  const how = "/proc/PID/smaps_rollup, of all its processes";
  return {
    residentBytes: { value: residentBytes, how: `Rss of ${how}` },
    proportionalBytes: { value: proportionalBytes, how: `Pss of ${how}` },
  };
}
