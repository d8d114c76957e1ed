/**
 * Promises that are rejected while nobody listens (HTML Standard, 8.1.4.7): `unhandledrejection`, and unless a listener
 * cancels that, the console; `rejectionhandled` where somebody listens after all.
 *
 * The engine tells of each such promise, also of one that is listened to a moment later, as most are: so they are noted,
 * and looked at when the jobs of the entry are done.
 *
 * Tests:  src/faces/js/rejections.test.ts
 */
import { PromiseRejectionEvent } from "./events.ts";
import { fireGlobal, hasListener } from "./global-scope.ts";
import { rejected } from "./program.ts";
import { running } from "./running.ts";

interface Rejection {
  readonly reason: unknown;
  readonly request: number;
}

/** Nobody listens so far. */
const noted = new Map<object, Rejection>();
/** The app was told, and nobody listens yet. */
const told = new WeakSet<object>();
/** The app was told, and somebody listens now. */
let handledLate: { readonly promise: object; readonly reason: unknown }[] = [];
/** The one that the app is being told of. */
let current: object | undefined;

export const rejections = {
  rejected(promise: object, reason: unknown): void {
    noted.set(promise, { reason, request: running.request });
  },

  handled(promise: object, reason: unknown): void {
    if (promise === current) current = undefined;
    else if (!noted.delete(promise) && told.delete(promise)) handledLate.push({ promise, reason });
  },

  tell(): void {
    const [unhandled, handled] = [[...noted], handledLate];
    noted.clear();
    handledLate = [];
    for (const [promise, { reason, request }] of unhandled) {
      current = promise;
      const isOurs = send("unhandledrejection", promise, reason);
      if (current !== undefined) told.add(promise);
      current = undefined;
      if (isOurs) rejected(reason, request);
    }
    for (const { promise, reason } of handled) send("rejectionhandled", promise, reason);
  },
};

/** False where a listener cancelled the event. */
function send(type: string, promise: object, reason: unknown): boolean {
  if (!hasListener(type)) return true;
  return fireGlobal(
    new PromiseRejectionEvent(type, { cancelable: type === "unhandledrejection", promise, reason }),
  );
}
