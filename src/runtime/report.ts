/** Errors that nobody caught: how they are written on the console. */
import { writeConsole } from "./host.ts";
import { inspect } from "./inspect.ts";

let hasReported = false;
let isTelling = false;
let isEnded = false;
/** Tells the app first; false where it has dealt with the error. */
let tell: ((error: unknown) => boolean) | undefined;

/** Whether any error went uncaught so far: a program that had one does not end with success. */
export function hadError(): boolean {
  return hasReported;
}

export function setErrorListener(listener: (error: unknown) => boolean): void {
  tell = listener;
}

/** The app ended itself: what its frames still throw is no error. */
export function endReports(): void {
  isEnded = true;
}

export function hasEnded(): boolean {
  return isEnded;
}

/** Writes `Uncaught ...` with the error's stack, unless a listener for errors cancels that. */
export function reportError(error: unknown, where = ""): void {
  if (isEnded) return;
  // An error of a listener for errors goes to the console, not around in a circle.
  if (!isTelling && tell !== undefined) {
    isTelling = true;
    try {
      if (!tell(error)) return;
    } finally {
      isTelling = false;
    }
  }
  writeUncaught(error, where);
}

/** A promise was rejected, and nobody listens: as browsers write it. */
export function reportRejection(reason: unknown): void {
  writeUncaught(reason, "(in promise) ");
}

function writeUncaught(error: unknown, where: string): void {
  hasReported = true;
  writeConsole(2, `Uncaught ${where}${inspect(error)}\n`);
}
