/** Images made ready for a target: every mistake in a module or in what it imports becomes a `UserError`. */
import { buildNativeImage, type NativeImage, type NativePlatform } from "../build/native-image.ts";
import { WasmError } from "../compiler/wasm/error.ts";
import { escapeControls } from "../image/escape-controls.ts";
import type { Image } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { LinkError } from "../linker/link-error.ts";
import type { Launchable, Target } from "../targets/target.ts";

export interface Prepared {
  readonly image: Launchable;
  /** Of a JavaScript app whose top level runs at each start: why, and where. */
  readonly slowStart?: string;
}

/** `image` for this target: compiled for its platform, if it has one. */
export async function prepare(image: Image, target: Target): Promise<Prepared> {
  if (target.platform === undefined) return { image };
  const native = await buildNative(image, target.platform);
  const { appLeftOut } = native;
  return { image: { ...image, native }, ...(appLeftOut === undefined ? {} : { slowStart: appLeftOut }) };
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
