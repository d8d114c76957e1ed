/** Makes a generated module that fails smaller: leaves out its parts, the largest first, as long as it still fails. */
import { generateModule } from "./generate.ts";

/** The parts to leave out. `fails` gets the set to try; at most `attempts` are made. */
export async function reduceGenerated(
  seed: number,
  attempts: number,
  fails: (left: ReadonlySet<number>) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  let left: ReadonlySet<number> = new Set();
  const tried = new Set<number>();
  while (attempts-- > 0) {
    const next = generateModule(seed, left)
      .spans.filter((span) => !tried.has(span.id))
      .sort((a, b) => b.last - b.id - (a.last - a.id))[0];
    if (next === undefined) break;
    tried.add(next.id);
    const attempt = new Set([...left, next.id]);
    if (await fails(attempt)) left = attempt;
  }
  return left;
}
