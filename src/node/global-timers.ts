/** Node's timers as globals, in the bundle of an app that calls `unref` on one: the Web's are numbers. */
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from "./timers.ts";

export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout };
export {
  setInterval as "globalThis.setInterval",
  setTimeout as "globalThis.setTimeout",
  setInterval as "global.setInterval",
  setTimeout as "global.setTimeout",
};
