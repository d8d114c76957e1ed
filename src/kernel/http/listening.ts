/**
 * Whether there is an app to give requests to: not while it is down, nor from then until its successor listens. Of many
 * compartments another one takes them.
 */
import { isIsolated } from "../app/compartments";
import { appIsDown } from "../app/enter";

let lost: bool = false;

export function appListens(): bool {
  return !lost && (isIsolated() || !appIsDown());
}

export function stopListening(): void {
  lost = true;
}

/** Whether nobody listened before. */
export function startListening(): bool {
  const waited = lost;
  lost = false;
  return waited;
}
