/**
 * Whether there is an app to give requests to: not while it is down, nor from then until its successor listens.
 */
import { appIsDown } from "../app/enter";

let lost: bool = false;

export function appListens(): bool {
  return !lost && !appIsDown();
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
