/** Native images for commands: every mistake in a module or in what it imports becomes a `UserError`. */
import { buildNativeImage, type NativeImage, type NativePlatform } from "../build/native-image.ts";
import { WasmError } from "../compiler/wasm/error.ts";
import { escapeControls } from "../image/escape-controls.ts";
import type { Image } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { LinkError } from "../linker/link-error.ts";
import type { Output } from "./output.ts";
import type { Launchable, Target } from "../targets/target.ts";

/** `image` for this target: compiled for its platform, if it has one. Says what slows its start. */
export async function prepare(image: Image, target: Target, output: Output): Promise<Launchable> {
  if (target.platform === undefined) return image;
  const native = await buildNative(image, target.platform);
  warnOfSlowStart(native, output);
  return { ...image, native };
}

export function warnOfSlowStart({ appLeftOut }: NativeImage, output: Output): void {
  if (appLeftOut === undefined) return;
  const text = `warning: the app is evaluated at each start, not when it is built: ${appLeftOut}`;
  output.event("warning", text, { code: "snapshot", message: appLeftOut });
}

export async function buildNative(image: Image, platform: NativePlatform): Promise<NativeImage> {
  try {
    return await buildNativeImage(image, platform);
  } catch (error) {
    if (error instanceof WasmError || error instanceof LinkError) {
      const code = error instanceof LinkError ? "link" : "wasm";
      const hint = "--target node takes every module that Node takes";
      throw new UserError(code, `${image.manifest.name}: ${escapeControls(error.message)}`, hint);
    }
    throw error;
  }
}
