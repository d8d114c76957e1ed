/** From an entry and a wish to an image that a chosen target can start: what `run`, `dev` and the library begin with. */
import { nameImage, type ImageWish } from "../image/image.ts";
import type { Launchable } from "../targets/target.ts";
import { buildApp, openImage } from "./app-image.ts";
import { chooseTarget, targetOfImage, type Choice, type TargetWish } from "./choose-target.ts";
import { prepare } from "./native-images.ts";

export interface Made {
  readonly image: Launchable;
  readonly choice: Choice;
  /** Of a JavaScript app whose top level runs at each start: why, and where. */
  readonly slowStart?: string;
}

export interface MakeOptions {
  readonly name?: string | undefined;
  /** What is asked of an image that is built, besides what its app needs. */
  readonly wish?: ImageWish;
  /** Hears what is being done. */
  readonly onStep?: (text: string) => void;
  /** Called when the target is known, before anything is built. */
  readonly onChoice?: (choice: Choice) => void;
}

/** Throws a `UserError` where the entry, the program or the target is not there. */
export async function makeImage(
  entry: string,
  wish: TargetWish,
  { name, wish: imageWish = {}, onStep = () => {}, onChoice = () => {} }: MakeOptions = {},
): Promise<Made> {
  const file = await openImage(entry);
  if (file !== undefined) {
    const choice = await targetOfImage(file.platform, wish, file.manifest.name);
    onChoice(choice);
    return { image: file, choice };
  }
  onStep("looking for a target");
  const choice = await chooseTarget(wish);
  onChoice(choice);
  onStep(`building ${entry}`);
  const built = nameImage(await buildApp(entry, imageWish), name);
  onStep(`making ${built.manifest.name} machine code for ${choice.label}`);
  return { ...(await prepare(built, choice.target)), choice };
}
