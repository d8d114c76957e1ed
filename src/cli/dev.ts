/**
 * `skerry dev`: as `run`, and starts again whenever a source file of the app changes.
 *
 * The ports stay open: the next machine is started beside the one that runs, and then takes its place. A program that
 * does not build leaves what runs as it is.
 */
import path from "node:path";
import { UserError } from "../image/user-error.ts";
import { mayListen } from "../image/services.ts";
import { makeImage } from "../library/make-image.ts";
import { openProject, type Project } from "../library/project.ts";
import { imageWish, settingsOf, type Given, type Settings } from "../library/settings.ts";
import type { Forward, Machine } from "../targets/target.ts";
import type { Choice } from "../library/choose-target.ts";
import { startMachine } from "../library/start.ts";
import { defineCommand, refuseMore } from "./command.ts";
import { KeptPort } from "./kept-port.ts";
import { CTRL_C_STATUS, interrupted, untilSignal } from "./launch.ts";
import { tellListening, warnOfUnusedPorts, whenListening } from "./listening.ts";
import { givenSettings, MACHINE_OPTIONS, requireFitting } from "./options.ts";
import { createOutput, warnOfSlowStart, type Output } from "./output.ts";
import { WatchedFiles } from "./watched-files.ts";

/** The one that starts soonest after a change. */
const USUAL_TARGET = "node";

export const dev = defineCommand({
  name: "dev",
  usage: ["[ENTRY] [options]"],
  summary: "run a program, and restart it at each change",
  about: [
    "Runs ENTRY hosted in Node, which starts soonest (--target takes another place), and restarts it whenever one of " +
      "its source files changes. The port stays open meanwhile. While a program does not build, the old machine goes " +
      "on and the errors are shown; stacks show the lines of your files.",
  ],
  options: MACHINE_OPTIONS,
  examples: ["skerry dev server.ts", "skerry dev server.ts -p 3000:80 --target process"],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("dev", "one ENTRY", more);
    const given = givenSettings(values);
    const project = await openProject(word, values.config);
    const open = () => openProject(word, values.config);
    const session = new DevSession(project, open, given, createOutput(values.json));
    const signal = interrupted();
    try {
      await untilSignal(session.begin(), signal);
      const status = await signal;
      // Ctrl-C is how it ends, and no failure of the script that runs it.
      return status === CTRL_C_STATUS ? 0 : status;
    } finally {
      await session.stop();
    }
  },
});

interface OpenPort {
  /** As it is bound. */
  readonly forward: Forward;
  readonly kept: KeptPort;
}

class DevSession {
  readonly #open: () => Promise<Project>;
  readonly #given: Given;
  readonly #output: Output;
  readonly #files = new WatchedFiles(() => void this.#restart());
  #project: Project;
  #ports: readonly OpenPort[] | undefined;
  /** Ports of which it was said that they are listened to. */
  readonly #told = new Set<number>();
  #machine: Machine | undefined;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(project: Project, open: () => Promise<Project>, given: Given, output: Output) {
    this.#project = project;
    this.#open = open;
    this.#given = given;
    this.#output = output;
  }

  /** Throws a `UserError` for what no change of a source file would mend. */
  async begin(): Promise<void> {
    await this.#attempt(this.#project);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#files.stop();
    for (const { kept } of this.#ports ?? []) kept.close();
    await this.#work;
    await this.#machine?.stop();
  }

  /** One at a time. */
  #restart(): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#isStopped) return;
      try {
        this.#project = await this.#open();
        await this.#attempt(this.#project);
      } catch (error) {
        this.#complain(error);
      }
    });
    return this.#work;
  }

  async #attempt(project: Project): Promise<void> {
    const startedAt = performance.now();
    const settings = settingsOf(
      { ...project.configuration, target: undefined },
      { target: USUAL_TARGET, ...withoutNothing(this.#given) },
    );
    try {
      await this.#replace(project, settings, startedAt);
    } catch (error) {
      const isMendable = error instanceof UserError && MENDABLE.has(error.code);
      if (!isMendable) throw error;
      this.#complain(error);
    }
  }

  async #replace(project: Project, settings: Settings, startedAt: number): Promise<void> {
    const { entry, configuration, inputs } = project;
    const { image, choice, slowStart } = await makeImage(entry, settings, {
      name: configuration.name,
      wish: imageWish(settings),
      onStep: (text) => this.#output.progress(text),
      onChoice: ({ target }) => requireFitting("dev", entry, this.#given, target.name),
    });
    const home = path.dirname(path.resolve(entry));
    this.#files.watch(home, [...image.inputs, ...inputs], image.inputFolders);
    warnOfSlowStart(slowStart, this.#output);
    warnOfUnusedPorts(image.manifest, settings, this.#output);
    if (mayListen(image.manifest) && settings.tap === undefined) await this.#openPorts(settings);
    // A TAP device has one guest at a time.
    if (settings.tap !== undefined) await this.#machine?.stop();
    const next = await this.#start(image, choice, settings);
    const last = this.#machine;
    this.#machine = next;
    const totalMs = Math.round(performance.now() - startedAt);
    const watched = image.inputs.length + inputs.length;
    await this.#tellPorts(next, settings);
    // Before it is said: who asks then finds no connection of the old machine's that is about to close.
    await last?.stop();
    this.#output.event("started", `started in ${totalMs} ms; watching ${watched} files`, { totalMs });
    choice.target.warm?.();
  }

  async #start(
    image: Parameters<typeof startMachine>[0],
    choice: Choice,
    settings: Settings,
  ): Promise<Machine> {
    const ports = this.#ports ?? [];
    const forwards = ports.map(({ forward }) => ({ ...forward, hostAddress: "127.0.0.1", hostPort: 0 }));
    const machine = await startMachine(image, choice, { ...settings, forwards }, (stream, text) =>
      this.#output.console(stream, text),
    );
    machine.forwards.forEach(({ hostPort }, index) => ports[index]!.kept.leadTo(hostPort));
    return machine;
  }

  async #openPorts({ forwards }: Settings): Promise<void> {
    if (this.#ports !== undefined) return;
    const ports: OpenPort[] = [];
    for (const forward of forwards) {
      const kept = await KeptPort.listen(forward);
      ports.push({ forward: { ...forward, hostPort: kept.port }, kept });
    }
    this.#ports = ports;
  }

  #tellPorts(machine: Machine, settings: Settings): Promise<void> {
    const forwards = (this.#ports ?? []).map(({ forward }) => forward);
    const { listens, isSilent } = tellListening(settings, this.#output);
    return whenListening(machine, forwards, {
      isSilent,
      listens: (forward) => {
        if (!this.#told.has(forward.hostPort)) listens(forward);
        this.#told.add(forward.hostPort);
      },
    });
  }

  /** What a change may mend. Until then the old machine runs on. */
  #complain(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#files.watchAny(path.dirname(path.resolve(this.#project.entry)));
    const { code, message, hint } = error;
    const text = `skerry: ${message}${hint === undefined ? "" : `\n  ${hint}`}`;
    this.#output.event("error", text, { code, message, hint });
  }
}

/** Mistakes in sources. */
const MENDABLE: ReadonlySet<string> = new Set([
  "bundle",
  "assembly",
  "wasm",
  "import",
  "link",
  "configuration",
  "start",
  "assets",
]);

function withoutNothing(given: Given): Given {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
