/**
 * What `skerry.config.ts` says. Each field has an option of the command line, which beats it, or is of no use there.
 *
 * What is allowed in each is in `schema.ts`; docs/guide/configuration.md tells it to people.
 */

import type { IsolationOption } from "../image/isolation.ts";

/** A port of this computer that leads to one of the machine's. */
export interface Port {
  /** Of this computer; 0: any that is free. */
  readonly host: number;
  /** Of the machine. A server of JavaScript listens on 80. */
  readonly guest: number;
  /** The address of this computer to listen on; 127.0.0.1 unless it is given. */
  readonly address?: string;
}

export interface Assets {
  /** A folder, as a path from the configuration's. */
  readonly directory: string;
  /** Every request goes to the program, which has the files by `env.ASSETS.fetch`; else it gets those that no file answers. */
  readonly handlerFirst?: boolean;
  /** Whether `about.html` is at `/about` ("auto-trailing-slash", the default) or where it lies ("files"). */
  readonly htmlHandling?: "auto-trailing-slash" | "files";
  /** What is answered where nothing is: the nearest 404.html ("404-page", the default), or `index.html` with status 200. */
  readonly notFoundHandling?: "404-page" | "single-page-application";
  /** Beginnings of paths whose files never change, as those with a hash in their names: "/assets/". */
  readonly immutable?: readonly string[];
}

export interface Limits {
  /** Milliseconds that one entry into the app may take before the app is started anew. */
  readonly timeMs?: number;
  /** What the app's memory may grow to: "32M", or MiB as a number. */
  readonly memory?: string | number;
  /** How often an app that went down is started anew within a minute, before the machine ends. */
  readonly restarts?: number;
  /** TCP connections at a time. */
  readonly connections?: number;
}

export interface Configuration {
  /** The program: a path from the configuration's folder. */
  readonly entry?: string;
  /** What the image is called; by default after its entry. */
  readonly name?: string;
  /** What `skerry build` writes: "elf", "raw" (a disk that boots), "oci" (an archive); by default as the file's ending says. */
  readonly format?: "elf" | "raw" | "oci";
  /** Where it runs: see docs/guide/running.md. By default the best place that works. */
  readonly target?: "auto" | "qemu" | "process" | "node";
  /** Of QEMU; by default the best under which guests run. */
  readonly accelerator?: "auto" | "kvm" | "tcg";
  /** Of the virtual machine, or what a process's app may take: "32M", or MiB as a number. */
  readonly memory?: string | number;
  /** Ports of this computer that lead to the machine's: 3000 for 3000 to 80, "3000:80", or a `Port`. */
  readonly ports?: readonly (number | string | Port)[];
  /** The app's environment. */
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  /** What the app may reach, as "HOST:PORT"; "*" stands for any. By default nothing. */
  readonly allow?: readonly string[];
  /** A folder whose files the machine serves itself: with a program, before it; without an `entry`, alone. See docs/guide/assets.md. */
  readonly assets?: string | Assets;
  readonly limits?: Limits;
  /** How requests are kept apart: "request" or "tenant" gives each a compartment of its own. See docs/guide/isolation.md. */
  readonly isolation?: IsolationOption;
}

/** Gives editors the types of `skerry.config.ts`; answers what it was given. */
export function defineConfig(configuration: Configuration): Configuration {
  return configuration;
}
