/** Compiles what every image shares, so that it stands in the package: see `tools/build.mjs`. */
import { gatewayModule } from "../gateway/module.ts";
import { networked, servicesOf } from "./services.ts";
import { buildGlue } from "./js-app.ts";
import { buildKernel } from "./kernel.ts";

export async function prebuild(): Promise<void> {
  const glue = new WebAssembly.Module((await buildGlue()) as BufferSource);
  await buildKernel(networked(servicesOf([glue])), true);
  await gatewayModule();
}
