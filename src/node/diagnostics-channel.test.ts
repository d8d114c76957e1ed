/** Channels, and the tracing of calls, beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import diagnostics from "node:diagnostics_channel";
const traced = (name, subscribe = true) => {
  const told = []; const one = diagnostics.tracingChannel(name); const handlers = {};
  for (const event of ["start", "end", "asyncStart", "asyncEnd", "error"])
    handlers[event] = (message, channel) => told.push([event, channel, { ...message }]);
  if (subscribe) one.subscribe(handlers);
  return { one, told, handlers };
};`;

test("subscribers are called with the message and the channel's name, until they go", () =>
  besideNode(SETUP, [
    `(() => { const seen = []; const on = (...all) => seen.push(all); const one = diagnostics.channel("a"); one.subscribe(on); one.publish(1); const had = one.hasSubscribers; return [seen, had, one.unsubscribe(on), one.unsubscribe(on), one.hasSubscribers, diagnostics.channel("a") === one]; })()`,
    `diagnostics.channel(3)`,
    `diagnostics.hasSubscribers("nobody")`,
    `(() => { const runs = []; const store = { run(value, work) { runs.push(value); return work(); } }; const one = diagnostics.channel("b"); one.bindStore(store, (x) => x * 2); const result = one.runStores(4, (a) => [a, "done"], null, "given"); return [runs, result, one.hasSubscribers, one.unbindStore(store), one.unbindStore(store)]; })()`,
  ]));

test("a traced call tells its five channels what it did", () =>
  besideNode(SETUP, [
    `(() => { const { one, told } = traced("sync"); return [one.traceSync((a, b) => a + b, { name: "x" }, null, 1, 2), told]; })()`,
    `(() => { const { one, told } = traced("throws"); let error; try { one.traceSync(() => { throw new Error("no"); }); } catch (caught) { error = caught; } return [error, told]; })()`,
    `(async () => { const { one, told } = traced("promise"); return [await one.tracePromise(async (a) => a, {}, null, 7), told]; })()`,
    `(async () => { const { one, told } = traced("rejects"); return [await one.tracePromise(() => Promise.reject(new Error("no")), {}).catch((error) => error.message), told]; })()`,
    `(() => { const { one, told } = traced("callback"); const got = []; one.traceCallback((a, done) => done(null, a), -1, {}, null, 5, (...all) => got.push(all)); return [got, told]; })()`,
    `(() => { const { one, told } = traced("first"); const got = []; one.traceCallback((done, a) => done(new Error("no")), 0, {}, null, (...all) => got.push(all), 5); return [got, told]; })()`,
    `traced("wrong").one.traceCallback(() => {}, 0, {}, null, 3)`,
  ]));

test("nobody listening costs nothing and adds nothing", () =>
  besideNode(SETUP, [
    `(() => { const { one, told } = traced("quiet", false); const context = {}; return [one.hasSubscribers, one.traceSync((a) => a, context, null, 1), told, context]; })()`,
    `(() => { const { one, told, handlers } = traced("gone"); const were = [one.unsubscribe(handlers), one.unsubscribe(handlers)]; one.traceSync(() => 1); return [were, told]; })()`,
    `(() => { const own = diagnostics.channel("own"); const one = diagnostics.tracingChannel({ start: own, end: own, asyncStart: own, asyncEnd: own, error: own }); return [one.start === own, one.error.name, Object.keys(one)]; })()`,
    `(() => { try { diagnostics.tracingChannel(3); } catch (error) { return [error.name, error.code]; } })()`,
  ]));
