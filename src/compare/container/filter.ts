/**
 * The filter of system calls that container engines put around what they run: the profile as it is written, to what
 * the runtime is told, and what that lets through.
 *
 * Source: containers/common and moby, `seccomp.json`: rules with conditions on capability and architecture; OCI runtime
 * specification, config-linux, Seccomp: rules without.
 *
 * Tests: filter.test.ts
 */
export interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly syscalls: readonly ProfileRule[];
}

interface Conditions {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

export interface ProfileRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly unknown[] | null;
  readonly errnoRet?: number;
  readonly includes?: Conditions;
  readonly excludes?: Conditions;
}

export interface RuntimeFilter {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: readonly unknown[];
    readonly errnoRet?: number;
  }[];
}

const ALLOW = "SCMP_ACT_ALLOW";
const ARCHITECTURE = "amd64";
/** As engines name them to the kernel: a program of 32 bits goes through the filter too. */
const ARCHITECTURES = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"];

/** Of the profile, the rules that hold for a container with these capabilities. */
export function runtimeFilter(profile: Profile, capabilities: readonly string[]): RuntimeFilter {
  const { defaultAction, defaultErrnoRet, syscalls } = profile;
  const holds = ({ includes = {}, excludes = {} }: ProfileRule): boolean =>
    (includes.arches ?? [ARCHITECTURE]).includes(ARCHITECTURE) &&
    (includes.caps ?? []).every((name) => capabilities.includes(name)) &&
    !(excludes.arches ?? []).includes(ARCHITECTURE) &&
    !(excludes.caps ?? []).some((name) => capabilities.includes(name));
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: ARCHITECTURES,
    syscalls: syscalls.filter(holds).map(({ names, action, args, errnoRet }) => ({
      names,
      action,
      ...(args == null || args.length === 0 ? {} : { args }),
      ...(errnoRet === undefined || action === ALLOW ? {} : { errnoRet }),
    })),
  };
}

export interface Allowed {
  readonly names: readonly string[];
  /** Of them, those of which not every argument passes. */
  readonly withConditions: number;
}

/** Of the kernel's calls, those that some rule lets through. */
export function allowedCalls({ syscalls }: RuntimeFilter, calls: readonly string[]): Allowed {
  const rules = syscalls.filter(({ action }) => action === ALLOW);
  const always = new Set(rules.filter(({ args }) => args === undefined).flatMap(({ names }) => names));
  const sometimes = new Set(rules.flatMap(({ names }) => names));
  const names = calls.filter((name) => sometimes.has(name));
  return { names, withConditions: names.filter((name) => !always.has(name)).length };
}
