/** After testharness.js: results go to the runner as they come. Runs inside the engine, as a script. */
(() => {
  const say = wptSay;
  add_result_callback((test) => say({ name: test.name, status: test.status, message: test.message }));
  add_completion_callback((_tests, harness) => say({ done: harness.status, message: harness.message }));
  const end = timeout;
  globalThis.wptTimeout = () => end();
  // idlharness.js asks what kind of global object this is, to know what must be there.
  globalThis.DedicatedWorkerGlobalScope = class DedicatedWorkerGlobalScope {
    static [Symbol.hasInstance](value) {
      return value === globalThis;
    }
  };
})();
