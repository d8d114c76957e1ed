/**
 * The modules of an image as a program, and the plan of its compartments: every import is given what stands behind it
 * here, and one that was not granted is a `LinkError` that names it.
 *
 *   instance 0  kernel     its memory
 *   instance 1  app        its memory
 *   or       1  engine  ◄─ face.*, engine.* ─►  2  app (glue), over one memory of the program
 *
 * Tests: plan-image.test.ts
 */
import type { CompiledModule, ModuleImport } from "../../abi/object.ts";
import { ENTRY_NAMES, SERVICES, SERVICE_NAMES, type Call, type ServiceName } from "../../abi/services.ts";
import { isSameType, showFunctionType, ValueType, type FunctionType } from "../../abi/wasm.ts";
import { LinkError } from "../../linker/link-error.ts";
import type { ImportSource, ProgramFunction } from "../../linker/program.ts";
import { ABORT_TYPE, isKernelImportModule, kernelImportType, serviceCallType } from "./granted-imports.ts";
import {
  APP_STACK_BYTES,
  KERNEL_STACK_BYTES,
  type CompartmentLimits,
  type CompartmentPlan,
  type FunctionName,
  type ImagePlan,
  type PlatformFunction,
} from "./plan.ts";

export interface ImageModules {
  readonly kernel: CompiledModule;
  readonly app: CompiledModule;
  readonly engine?: CompiledModule;
  /** Of the memory that engine and glue share, in pages. */
  readonly enginePages?: { readonly initial: number; readonly maximum: number };
  /** What the engine runs. */
  readonly script?: string;
  readonly isNetworked: boolean;
  /** Read-only bytes that the kernel may copy from. */
  readonly assets?: Uint8Array;
  /** Of the app's native stack. */
  readonly stackBytes?: number;
  /** So many compartments of the app, and what each may have. */
  readonly isolated?: { readonly compartments: number; readonly limits: CompartmentLimits };
}

const KERNEL = 0;
const APP_COMPARTMENT = 0;
/** The program's one memory: that of engine and glue. */
const ENGINE_MEMORY: ImportSource = { kind: "memory", index: 0 };

/** Throws a `LinkError` for what is missing, or was not granted. */
export function planImage(modules: ImageModules): ImagePlan {
  const planner = new Planner(modules);
  const { app, engine, enginePages, kernel } = modules;
  const hasEngine = engine !== undefined;
  const [engineInstance, appInstance] = hasEngine ? [1, 2] : [undefined, 1];
  const instances = [
    { name: "kernel", module: kernel, imports: kernel.imports.map((item) => planner.forKernel(item)) },
    ...(hasEngine
      ? [
          {
            name: "engine",
            module: engine,
            imports: engine.imports.map((item) => planner.forEngine(item, appInstance)),
          },
        ]
      : []),
    { name: "app", module: app, imports: app.imports.map((item) => planner.forApp(item, engineInstance)) },
  ];
  const pages = enginePages && { minimum: enginePages.initial, maximum: enginePages.maximum };
  return {
    program: {
      instances,
      functions: planner.functions,
      ...(hasEngine && pages !== undefined ? { memories: [pages] } : {}),
    },
    kernel: {
      instance: KERNEL,
      start: requireFunction(kernel, "the kernel", KERNEL, "start", NOTHING),
      run: requireFunction(kernel, "the kernel", KERNEL, "run", NOTHING),
      stackBytes: KERNEL_STACK_BYTES,
    },
    compartments: [planCompartment(modules, appInstance)],
    functions: planner.behind,
    ...(modules.isolated === undefined ? {} : { limits: modules.isolated.limits }),
    ...(modules.assets === undefined ? {} : { assets: modules.assets }),
    isNetworked: modules.isNetworked,
  };
}

const NOTHING: FunctionType = { parameters: [], results: [] };
const RESERVE: FunctionType = { parameters: [ValueType.I32], results: [ValueType.I32] };

function planCompartment(modules: ImageModules, appInstance: number): CompartmentPlan {
  const { app, script, stackBytes = APP_STACK_BYTES } = modules;
  const plan: CompartmentPlan = {
    instances: Array.from({ length: appInstance }, (_, at) => at + 1),
    entries: ENTRY_NAMES.map((name) => entryOf(app, appInstance, name)),
    stackBytes,
    ...(modules.isolated === undefined ? {} : { count: modules.isolated.compartments }),
  };
  if (script === undefined) return plan;
  const reserve = requireFunction(app, "the glue", appInstance, "reserveSource", RESERVE);
  return { ...plan, script: { bytes: new TextEncoder().encode(`${script}\0`), reserve } };
}

/** Finds what imports lead to, and gathers the functions that the platform has to write. */
class Planner {
  readonly functions: ProgramFunction[] = [];
  readonly behind: PlatformFunction[] = [];
  readonly #kernel: CompiledModule;
  readonly #indices = new Map<string, number>();

  constructor({ kernel }: ImageModules) {
    this.#kernel = kernel;
  }

  forKernel({ module, name, kind }: ModuleImport): ImportSource | undefined {
    const type = kind === "function" ? kernelImportType(module, name) : undefined;
    if (type === undefined || !isKernelImportModule(module)) return undefined;
    return this.#function(`${module}.${name}`, type, { kind: module, name });
  }

  forEngine({ module, name, kind }: ModuleImport, glue: number): ImportSource | undefined {
    if (module === "face" && kind === "function") return { kind: "export", instance: glue, name };
    return this.#environment({ module, name, kind }, true);
  }

  /** `engine`: the instance whose exports a glue may import. */
  forApp({ module, name, kind }: ModuleImport, engine: number | undefined): ImportSource | undefined {
    if (engine !== undefined && module === "engine") return { kind: "export", instance: engine, name };
    const call = kind === "function" ? serviceCall(module, name) : undefined;
    if (call === undefined) return this.#environment({ module, name, kind }, engine !== undefined);
    return this.#gate(`${module}.${name}`, call, `${module}_${name}`);
  }

  #environment(
    { module, name, kind }: Pick<ModuleImport, "module" | "name" | "kind">,
    isOverEngine: boolean,
  ): ImportSource | undefined {
    if (module !== "env") return undefined;
    if (name === "memory" && kind === "memory" && isOverEngine) return ENGINE_MEMORY;
    if (name === "abort" && kind === "function")
      return this.#function("env.abort", ABORT_TYPE, { kind: "abort" });
    return undefined;
  }

  #gate(name: string, call: Call, exported: string): ImportSource {
    const type = serviceCallType(call);
    const target = requireFunction(this.#kernel, "the kernel", KERNEL, exported, type);
    return this.#function(name, type, { kind: "gate", compartment: APP_COMPARTMENT, call, target });
  }

  #function(name: string, type: FunctionType, behind: PlatformFunction): ImportSource {
    let index = this.#indices.get(name);
    if (index === undefined) {
      index = this.functions.push({ name, type }) - 1;
      this.behind.push(behind);
      this.#indices.set(name, index);
    }
    return { kind: "function", index };
  }
}

function serviceCall(module: string, name: string): Call | undefined {
  if (!(SERVICE_NAMES as readonly string[]).includes(module)) return undefined;
  const { calls } = SERVICES[module as ServiceName];
  return Object.hasOwn(calls, name) ? calls[name] : undefined;
}

/** An entry takes at most (a: i32, b: i32): what it does not take, it does not see. */
function entryOf(app: CompiledModule, instance: number, name: string): FunctionName | undefined {
  const found = exportedFunction(app, name);
  if (found === undefined) return undefined;
  const { parameters, results } = found.type;
  if (parameters.length > 2 || parameters.some((type) => type !== ValueType.I32) || results.length > 0) {
    const expected = "at most two i32 and no result";
    throw new LinkError(
      "incompatible-import",
      `the app's entry "${name}": expected ${expected}, found ${showFunctionType(found.type)}`,
    );
  }
  return { instance, index: found.index };
}

function requireFunction(
  module: CompiledModule,
  who: string,
  instance: number,
  name: string,
  type: FunctionType,
): FunctionName {
  const found = exportedFunction(module, name);
  if (found === undefined) throw new LinkError("unknown-import", `${who} exports no function "${name}"`);
  if (!isSameType(found.type, type)) {
    const [expected, is] = [showFunctionType(type), showFunctionType(found.type)];
    throw new LinkError("incompatible-import", `${who}'s "${name}": expected ${expected}, found ${is}`);
  }
  return { instance, index: found.index };
}

function exportedFunction(
  module: CompiledModule,
  name: string,
): { index: number; type: FunctionType } | undefined {
  const found = module.exports.find((item) => item.kind === "function" && item.name === name);
  if (found === undefined) return undefined;
  const imported = module.imports.filter((item) => item.kind === "function");
  const own = module.functions[found.index - imported.length];
  const type = own?.type ?? imported[found.index]!.type;
  return { index: found.index, type: module.types[type]! };
}
