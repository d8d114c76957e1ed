/**
 * What the glue has only for apps that use it: `src/image/js-app.ts` writes this file anew for each, and what is false
 * is not compiled.
 */
export const HAS_HTTP: bool = false;
export const HAS_FETCH: bool = false;
export const HAS_WEBSOCKET: bool = false;
export const HAS_UPGRADE: bool = false;
export const HAS_ASSETS: bool = false;
