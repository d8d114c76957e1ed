/** Compiles what every image shares, so that it stands in the package: see `build.mjs`. */
import { gatewayModule } from "../src/gateway/module.ts";
import { networked, servicesOf } from "../src/image/services.ts";
import { buildGlue } from "../src/image/js-app.ts";
import { buildKernel } from "../src/image/kernel.ts";

export async function prebuild(): Promise<void> {
  const glue = new WebAssembly.Module((await buildGlue()) as BufferSource);
  await buildKernel(networked(servicesOf([glue])), true);
  await gatewayModule();
}
