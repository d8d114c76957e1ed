/**
 * What a test finds around it before testharness.js: the address that it is served from, and who it is told to be.
 *
 * Runs inside the engine, as a script. What it says to the runner goes through the console, a line a message.
 */
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false };

globalThis.wptSay = (
  (write, toText) => (message) =>
    write(`\u0001${toText(message)}`)
)(console.log.bind(console), JSON.stringify);

/** Files of the tests' own folder; there is no other network. */
globalThis.wptFiles = (() => {
  const waiting = new Map();
  let last = 0;
  return {
    ask(path) {
      const id = ++last;
      wptSay({ file: path, id });
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    /** The file's bytes, one character each. */
    give(id, text) {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (text === null) reject(new TypeError("the tests' folder holds no such file"));
      else resolve(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    },
  };
})();

globalThis.wptLocate = (href) => {
  const url = new URL(href);
  globalThis.location = {
    href,
    origin: url.origin,
    protocol: url.protocol,
    host: url.host,
    hostname: url.hostname,
    port: url.port,
    pathname: url.pathname,
    search: url.search,
    hash: url.hash,
    toString: () => href,
  };
  const own = globalThis.fetch;
  const { ask } = wptFiles;
  const WebResponse = Response;
  globalThis.fetch = async function fetch(input, init) {
    const isText = typeof input === "string" || input instanceof URL;
    const target = isText ? new URL(input, href) : undefined;
    if (target?.origin !== url.origin) {
      if (own === undefined) throw new TypeError("there is no network");
      return own(input, init);
    }
    return new WebResponse(await ask(target.pathname));
  };
};
