/**
 * The plan of an image of several apps, one compartment each: for tests. Each app is planned beside the kernel alone,
 * and what it was granted is moved behind that of the apps before.
 */
import type { CompiledModule } from "../../abi/object.ts";
import type { ImportSource, Instance } from "../../linker/program.ts";
import { planImage } from "./plan-image.ts";
import type { ImagePlan, PlatformFunction } from "./plan.ts";

/** Two apps may be the same module. */
export function planSeveral(kernel: CompiledModule, apps: readonly CompiledModule[]): ImagePlan {
  const [first, ...others] = apps.map((app) => planImage({ kernel, app, isNetworked: false }));
  return others.reduce(addCompartment, first!);
}

/** `added`: of the same kernel, and one app. */
function addCompartment(plan: ImagePlan, added: ImagePlan, at: number): ImagePlan {
  const compartment = at + 1;
  const shared = kernelFunctions(added);
  const moved = plan.functions.length - shared;
  const app = added.program.instances[1]!;
  const instance: Instance = {
    ...app,
    name: `app ${compartment}`,
    imports: app.imports.map((source) => moveFunction(source, moved)),
  };
  const instances = [...plan.program.instances, instance];
  const { entries, stackBytes } = added.compartments[0]!;
  return {
    ...plan,
    program: {
      instances,
      functions: [...plan.program.functions!, ...added.program.functions!.slice(shared)],
    },
    compartments: [
      ...plan.compartments,
      {
        instances: [instances.length - 1],
        entries: entries.map((entry) => entry && { ...entry, instance: instances.length - 1 }),
        stackBytes,
      },
    ],
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

function moveFunction(source: ImportSource | undefined, by: number): ImportSource | undefined {
  return source?.kind === "function" ? { ...source, index: source.index + by } : source;
}

function ownGate(each: PlatformFunction, compartment: number): PlatformFunction {
  return each.kind === "gate" ? { ...each, compartment } : each;
}
