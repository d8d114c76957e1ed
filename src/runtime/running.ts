/**
 * Whose work runs: the request to which the present entry of the app belongs.
 *
 * A request's own entries set it, and what goes on for it later does so again: a timer that it set, a request of its to
 * another server. What several requests share, or none began, belongs to nobody.
 */
export const NOBODY = -1;

/** Written at each request: a property costs the engine less than a call. */
export const running = { request: NOBODY };
