/** Runs one way of one test in an engine: undefined where it passes, else why it does not. */
import type { Opener } from "./engine.ts";
import type { Run } from "./test-file.ts";

/** What test262 asks of its host, as far as a script can give it. */
const HOST = `
  globalThis.printed = [];
  globalThis.print = (text) => void printed.push(String(text));
  globalThis.$262 = {
    global: globalThis,
    gc() {},
    evalScript: (text) => (0, eval)(text),
    detachArrayBuffer: (buffer) => void buffer.transfer(),
    createRealm() { throw new Error("there is one realm"); },
    agent: { start() { throw new Error("there is one agent"); } },
  };
`;
const ASYNC_DONE = "Test262:AsyncTestComplete";

export function execute(open: Opener, { scripts, negative, isAsync }: Run): string | undefined {
  try {
    const engine = open();
    engine.evaluate(HOST);
    let thrown: string | undefined;
    for (const script of scripts) thrown ??= engine.evaluate(script);
    if (negative !== undefined) {
      if (thrown === undefined) return `did not throw ${negative}`;
      return thrown.startsWith(negative) ? undefined : `threw ${thrown}, not ${negative}`;
    }
    if (thrown !== undefined) return thrown;
    engine.settle();
    return isAsync
      ? engine.evaluate(`if (printed[0] !== "${ASYNC_DONE}") throw String(printed[0])`)
      : undefined;
  } catch (error) {
    return `the engine went down: ${String(error)}`;
  }
}
