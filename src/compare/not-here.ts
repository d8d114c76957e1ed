/** Why something cannot be measured on this machine, or for this app: an answer like any other. */
export class NotHere extends Error {}

/** The first line of what went wrong. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
}
