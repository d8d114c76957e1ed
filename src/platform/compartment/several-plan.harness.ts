/**
 * The plan of an image of several apps, one compartment each: for tests. Each app is planned beside the kernel alone,
 * and what it was granted is moved behind that of the apps before.
 */
import type { CompiledModule } from "../../abi/object.ts";
import type { ImportSource, Instance } from "../../linker/program.ts";
import { planImage, type ImageModules } from "./plan-image.ts";
import type { CompartmentPlan, FunctionName, ImagePlan, PlatformFunction } from "./plan.ts";

export type AppModules = Omit<ImageModules, "kernel" | "isNetworked">;

/** Two apps may be of the same modules. */
export function planSeveral(kernel: CompiledModule, apps: readonly AppModules[]): ImagePlan {
  const [first, ...others] = apps.map((app) => planImage({ ...app, kernel, isNetworked: false }));
  return others.reduce(addCompartment, first!);
}

/** How far apart numbers are in both plans. */
interface Move {
  readonly functions: number;
  readonly memories: number;
  readonly instances: number;
}

/** `added`: of the same kernel, and one app. */
function addCompartment(plan: ImagePlan, added: ImagePlan): ImagePlan {
  const shared = kernelFunctions(added);
  const memories = plan.program.memories ?? [];
  const move: Move = {
    functions: plan.functions.length - shared,
    memories: memories.length,
    instances: plan.program.instances.length - 1,
  };
  const compartment = plan.compartments.length;
  const apps = added.program.instances.slice(1).map((instance): Instance => {
    const imports = instance.imports.map((source) => source && moveImport(source, move));
    return { ...instance, name: `${instance.name} ${compartment}`, imports };
  });
  return {
    ...plan,
    program: {
      instances: [...plan.program.instances, ...apps],
      functions: [...plan.program.functions!, ...added.program.functions!.slice(shared)],
      memories: [...memories, ...(added.program.memories ?? [])],
    },
    compartments: [...plan.compartments, moveCompartment(added.compartments[0]!, move)],
    functions: [
      ...plan.functions,
      ...added.functions.slice(shared).map((each) => ownGate(each, compartment)),
    ],
  };
}

/** They come first, and are the same in every plan with this kernel. */
function kernelFunctions({ functions }: ImagePlan): number {
  const first = functions.findIndex(({ kind }) => kind === "gate" || kind === "abort");
  return first < 0 ? functions.length : first;
}

function moveImport(source: ImportSource, move: Move): ImportSource {
  if (source.kind === "function") return { ...source, index: source.index + move.functions };
  if (source.kind === "memory") return { ...source, index: source.index + move.memories };
  return source.kind === "export" ? { ...source, instance: source.instance + move.instances } : source;
}

function moveCompartment(plan: CompartmentPlan, { instances }: Move): CompartmentPlan {
  const name = (each: FunctionName): FunctionName => ({ ...each, instance: each.instance + instances });
  const { script } = plan;
  return {
    ...plan,
    instances: plan.instances.map((instance) => instance + instances),
    entries: plan.entries.map((entry) => entry && name(entry)),
    ...(script === undefined ? {} : { script: { ...script, reserve: name(script.reserve) } }),
  };
}

function ownGate(each: PlatformFunction, compartment: number): PlatformFunction {
  return each.kind === "gate" ? { ...each, compartment } : each;
}

/** As many compartments of one kind as `count`. */
export function planReplicas(kernel: CompiledModule, app: AppModules, count: number): ImagePlan {
  const plan = planImage({ ...app, kernel, isNetworked: false });
  return { ...plan, compartments: plan.compartments.map((kind) => ({ ...kind, count })) };
}
