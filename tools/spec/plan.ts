/**
 * The first pass over a script: assembles and compiles its modules, names its instances and what each imports
 * from, and turns every command into a step that the second pass takes. Nothing runs here.
 *
 * Tests: run-script.test.ts
 */
import { textProposal, type Assembler } from "./assembler.ts";
import type { Blueprint, Executor } from "./executor.ts";
import type { Action, Command, ModuleSource } from "./script.ts";
import { SHARED_MEMORY, SHARED_MEMORY_TEXT, SPECTEST_TEXT } from "./spectest.ts";
import { isListed, type ProposalName } from "./unsupported.ts";
import type { Pattern } from "./value.ts";

/** What is decided without running: also about all that depends on it. */
export type Verdict =
  | { readonly kind: "passed"; readonly otherWords?: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "unsupported"; readonly proposal: ProposalName }
  | { readonly kind: "text" };

export type Step = { readonly line: number } & (
  | { readonly kind: "decided"; readonly verdict: Verdict }
  | { readonly kind: "instantiate"; readonly instance: number; readonly expect: InstantiationResult }
  | {
      readonly kind: "act";
      readonly instance: number;
      readonly action: Action;
      readonly expect: ActionResult;
      /** What an unsupported module would have written here before: a failure may be due to that. */
      readonly unsettled?: ProposalName;
    }
);

/** A module that a script just instantiates is no assertion: it counts when it fails only. */
export type InstantiationResult =
  | { readonly kind: "success" }
  | { readonly kind: "unlinkable" }
  | { readonly kind: "trap"; readonly message: string };

export type ActionResult =
  | { readonly kind: "anything" }
  | { readonly kind: "values"; readonly patterns: readonly Pattern[] }
  | { readonly kind: "trap"; readonly message: string };

export interface Plan {
  readonly steps: readonly Step[];
  readonly instances: readonly Blueprint<unknown>[];
}

/** An instance by number, a definition as a module, or why there is none. */
type Named =
  | { readonly kind: "instance"; readonly instance: number }
  | { readonly kind: "definition"; readonly module: Compiled }
  | { readonly kind: "none"; readonly verdict: Verdict };

interface Compiled {
  readonly kind: "compiled";
  readonly module: unknown;
  readonly imports: readonly string[];
}

type StepBody = Step extends infer S ? (S extends Step ? Omit<S, "line"> : never) : never;

const NO_INSTANCE: Named = {
  kind: "none",
  verdict: { kind: "failed", message: "there is no such instance" },
};

export async function plan(
  commands: readonly Command[],
  executor: Executor,
  assembler: Assembler,
): Promise<Plan> {
  const planner = new Planner(executor, assembler);
  await planner.addSpectest();
  for (const command of commands) await planner.add(command);
  return planner;
}

class Planner implements Plan {
  readonly steps: Step[] = [];
  readonly instances: Blueprint<unknown>[] = [];
  readonly #executor: Executor;
  readonly #assembler: Assembler;
  readonly #names = new Map<string, Named>();
  #latest: Named = NO_INSTANCE;
  #latestDefinition: Named = NO_INSTANCE;
  #registered = new Map<string, Named>();
  #sharedMemory = 0;
  readonly #unsettled = new Map<number, ProposalName>();

  constructor(executor: Executor, assembler: Assembler) {
    this.#executor = executor;
    this.#assembler = assembler;
  }

  async addSpectest(): Promise<void> {
    for (const text of [SPECTEST_TEXT, SHARED_MEMORY_TEXT]) {
      const compiled = await this.#compile({ form: "text", text });
      this.#sharedMemory = this.instances.length;
      const named =
        compiled.kind === "compiled" ? this.#instantiate(0, compiled, { kind: "success" }) : compiled;
      if (text === SPECTEST_TEXT) this.#registered.set("spectest", named);
    }
  }

  async add(command: Command): Promise<void> {
    const { line } = command;
    switch (command.kind) {
      case "unreadable":
        return this.#decide(line, { kind: "failed", message: command.message });
      case "unsupported":
        return this.#addUnsupported(line, command);
      case "module":
        return this.#addModule(line, command);
      case "instance":
        return this.#addInstance(line, command);
      case "register":
        this.#registered.set(command.as, this.#find(command.instance));
        return;
      case "action":
        return this.#act(line, command.action, { kind: "anything" });
      case "returns":
        return this.#act(line, command.action, { kind: "values", patterns: command.expected });
      case "traps":
        return this.#act(line, command.action, { kind: "trap", message: command.message });
      case "refused":
        return this.#addRefusal(line, command);
      case "unlinkable":
        return this.#addFailing(line, command.module, { kind: "unlinkable" });
      case "instantiation-traps":
        return this.#addFailing(line, command.module, { kind: "trap", message: command.message });
    }
  }

  #step(line: number, body: StepBody): void {
    this.steps.push({ line, ...body } as Step);
  }

  #decide(line: number, verdict: Verdict): void {
    this.#step(line, { kind: "decided", verdict });
  }

  #find(name: string | undefined): Named {
    return name === undefined ? this.#latest : (this.#names.get(name) ?? NO_INSTANCE);
  }

  #act(line: number, action: Action, expect: ActionResult): void {
    const on = this.#find(action.instance);
    if (on.kind === "instance") {
      const unsettled = this.#unsettled.get(on.instance);
      const body: StepBody = { kind: "act", instance: on.instance, action, expect };
      this.#step(line, unsettled === undefined ? body : { ...body, unsettled });
    } else
      this.#decide(line, on.kind === "none" ? on.verdict : { kind: "failed", message: "not instantiated" });
  }

  #addUnsupported(line: number, { proposal, defines }: Command & { kind: "unsupported" }): void {
    const verdict: Verdict = { kind: "unsupported", proposal };
    this.#decide(line, verdict);
    if (defines !== undefined) this.#define(defines.name, { kind: "none", verdict });
  }

  #define(name: string | undefined, named: Named): void {
    if (name !== undefined) this.#names.set(name, named);
    this.#latest = named;
  }

  async #addModule(line: number, command: Command & { kind: "module" }): Promise<void> {
    const compiled = await this.#compile(command.module);
    let named: Named;
    if (compiled.kind === "none") {
      named = dependent(compiled, line);
      this.#decide(line, compiled.verdict);
    } else if (command.definition) {
      named = { kind: "definition", module: compiled };
    } else {
      named = this.#instantiate(line, compiled, { kind: "success" });
    }
    if (!command.definition) return this.#define(command.name, named);
    if (command.name !== undefined) this.#names.set(command.name, named);
    this.#latestDefinition = named;
  }

  #addInstance(line: number, command: Command & { kind: "instance" }): void {
    const definition =
      command.definition === undefined ? this.#latestDefinition : this.#find(command.definition);
    let named: Named = definition;
    if (definition.kind === "definition") {
      named = this.#instantiate(line, definition.module, { kind: "success" });
    } else {
      this.#decide(line, definition.kind === "none" ? definition.verdict : failed("not a definition"));
    }
    this.#define(command.name, named);
  }

  /** The module is good, but its instantiation shall fail. */
  async #addFailing(line: number, source: ModuleSource, expect: InstantiationResult): Promise<void> {
    const compiled = await this.#compile(source);
    if (compiled.kind === "none") this.#decide(line, compiled.verdict);
    else this.#instantiate(line, compiled, expect);
  }

  async #addRefusal(line: number, command: Command & { kind: "refused" }): Promise<void> {
    // Quoted text is malformed as text, which says nothing of us.
    if (command.module.form === "quote" && command.asserts === "malformed") {
      return this.#decide(line, { kind: "text" });
    }
    const bytes = this.#bytesOf(command.module);
    if (bytes.kind === "none") {
      // The assembler has refused what the binary format could not even say.
      return this.#decide(line, bytes.verdict.kind === "failed" ? { kind: "text" } : bytes.verdict);
    }
    const compiled = await this.#executor.compile(bytes.bytes);
    if (compiled.kind === "crashed") return this.#decide(line, failed(compiled.message));
    if (compiled.kind === "compiled") {
      // Reference types allow several tables.
      if (command.message === "multiple tables") {
        return this.#decide(line, { kind: "unsupported", proposal: "rules before Wasm 2.0" });
      }
      return this.#decide(line, failed(`accepted, but is ${command.asserts}: ${command.message}`));
    }
    this.#decide(line, judgeRefusal(compiled, command));
  }

  #unsettleImports(source: ModuleSource, proposal: ProposalName): void {
    if (source.form === "binary") return;
    for (const [, name] of source.text.matchAll(/\(import\s+"([^"]*)"/g)) {
      const provider = this.#registered.get(name!);
      if (provider?.kind === "instance") this.#unsettled.set(provider.instance, proposal);
    }
  }

  #bytesOf(source: ModuleSource): { kind: "bytes"; bytes: Uint8Array } | { kind: "none"; verdict: Verdict } {
    if (source.form === "binary") return { kind: "bytes", bytes: source.bytes };
    const assembled = this.#assembler.assemble(source.text);
    if (assembled.kind === "bytes") return assembled;
    if (assembled.kind === "unsupported") return { kind: "none", verdict: assembled };
    return { kind: "none", verdict: failed(`the assembler refuses the text: ${assembled.message}`) };
  }

  async #compile(source: ModuleSource): Promise<Compiled | (Named & { kind: "none" })> {
    const bytes = this.#bytesOf(source);
    if (bytes.kind === "none") {
      if (bytes.verdict.kind === "unsupported") this.#unsettleImports(source, bytes.verdict.proposal);
      return bytes;
    }
    const compiled = await this.#executor.compile(bytes.bytes);
    if (compiled.kind === "compiled") return compiled;
    const proposal = compiled.kind === "refused" ? unsupportedProposal(compiled, source) : undefined;
    if (proposal !== undefined) {
      this.#unsettleImports(source, proposal);
      return { kind: "none", verdict: { kind: "unsupported", proposal } };
    }
    return { kind: "none", verdict: failed(`module ${compiled.kind}: ${compiled.message}`) };
  }

  #instantiate(line: number, { module, imports }: Compiled, expect: InstantiationResult): Named {
    for (const name of imports) {
      const provider = this.#registered.get(name);
      if (provider?.kind !== "none") continue;
      this.#decide(line, provider.verdict);
      return provider;
    }
    const registered = new Map(this.#registered);
    const sharedMemory = this.#sharedMemory;
    const provider = (moduleName: string, name: string): number | undefined => {
      if (moduleName === "spectest" && name === SHARED_MEMORY) return sharedMemory;
      const found = registered.get(moduleName);
      return found?.kind === "instance" ? found.instance : undefined;
    };
    const instance = this.instances.push({ module, provider }) - 1;
    this.#step(line, { kind: "instantiate", instance, expect });
    return { kind: "instance", instance };
  }
}

/** What depends on a module that failed need not repeat why. */
function dependent({ verdict }: Named & { kind: "none" }, line: number): Named {
  if (verdict.kind !== "failed") return { kind: "none", verdict };
  return { kind: "none", verdict: failed(`the module of line ${line} failed`) };
}

function failed(message: string): Verdict {
  return { kind: "failed", message };
}

function unsupportedProposal(
  refusal: { readonly why: string; readonly proposal?: string },
  source: ModuleSource,
): ProposalName | undefined {
  if (refusal.why === "unsupported") {
    const name = refusal.proposal ?? "limits";
    return isListed(name) ? name : undefined;
  }
  return refusal.why === "unknown" && source.form !== "binary" ? textProposal(source.text) : undefined;
}

/** A script may be older than the proposal by whose name we refuse: then it gives the reason that we give. */
function judgeRefusal(
  refusal: { readonly why: string; readonly message: string; readonly proposal?: string },
  { module, message }: Command & { kind: "refused" },
): Verdict {
  if (refusal.message.includes(REFUSAL_SYNONYMS[message] ?? message)) return { kind: "passed" };
  const proposal = unsupportedProposal(refusal, module);
  if (proposal !== undefined) return { kind: "unsupported", proposal };
  return { kind: "passed", otherWords: `"${refusal.message}" for "${message}"` };
}

/** Reasons in the words of Wasm 1.0. */
const REFUSAL_SYNONYMS: Readonly<Record<string, string>> = {
  "zero flag expected": "zero byte expected",
  "junk after last section": "unexpected content after last section",
  "invalid mutability": "malformed mutability",
  "invalid section id": "malformed section id",
};
