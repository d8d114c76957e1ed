/** Compiles what most images share, a server's and a program's, so that it stands in the package: see `build.mjs`. */
import { compileInParallel } from "../src/build/compile.ts";
import { compileKernel } from "../src/build/native-image.ts";
import { gatewayModule } from "../src/gateway/module.ts";
import { prepareEngine } from "../src/image/engine.ts";
import { networked, servicesOf } from "../src/image/services.ts";
import { buildGlue } from "../src/image/js-app.ts";
import { buildKernel } from "../src/image/kernel.ts";

export async function prebuild(): Promise<void> {
  for (const glue of [await buildGlue(), await buildGlue([])]) {
    const services = networked(servicesOf([new WebAssembly.Module(glue as BufferSource)]));
    const kernels = [await buildKernel(services, true), await buildKernel(services, true, "bare")];
    for (const kernel of kernels) await compileKernel(kernel);
    await compileInParallel(glue, { initial: "data" });
  }
  const { wasm: engine } = await prepareEngine();
  await compileInParallel(engine, { initial: "data" });
  await gatewayModule();
}
