/** Where the command line gets native images from: one place, so that commands need not know whether there are any. */
import type { Image } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import type { Launchable, NativeProgram, Target } from "../targets/target.ts";

type Platform = NonNullable<Target["platform"]>;
type NativeBuilder = (image: Image, platform: Platform) => Promise<NativeProgram>;

const BUILDER = undefined as NativeBuilder | undefined;

/** Whether this version makes native images. */
export const HAS_NATIVE_IMAGES = BUILDER !== undefined;

/** `image` for this target: compiled for its platform, if it has one. */
export async function prepare(image: Image, target: Target): Promise<Launchable> {
  if (target.platform === undefined) return image;
  return { ...image, native: await buildNative(image, target.platform) };
}

export function buildNative(image: Image, platform: Platform): Promise<NativeProgram> {
  if (BUILDER !== undefined) return BUILDER(image, platform);
  throw new UserError("target", "this version of Skerry makes no native images yet", "use --target node");
}
