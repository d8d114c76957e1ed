/** Parts of the script that are evaluated when they are first used; an image has those whose names its app holds. */
import { evaluatePart } from "./host.ts";
import type { Part } from "./host-call.ts";

/** `word` is what the bundler looked for (`src/image/script-parts.ts`). */
export function lazyPart<T>(part: Part, word: string): () => T {
  let evaluated: T | undefined;
  return () => {
    evaluated ??= evaluatePart(part) as T | undefined;
    if (evaluated !== undefined) return evaluated;
    throw new Error(`This image has no ${word}: the word does not occur in the app's code`);
  };
}
