/** Runs a module compiled by us, as a process, and in V8, and gives what both leave in memory. */
import { linkForProcess } from "../platform/process/platform.ts";
import { ProcessSession } from "../targets/process/session.ts";
import { compileModule } from "./compile.ts";

export interface Memories {
  readonly native: Uint8Array;
  readonly v8: Uint8Array;
}

const CALL_LIMIT_MS = 20_000;

/** The module imports nothing, and exports its memory as `memory` and a function without parameters. */
export async function memoriesAfter(wasm: Uint8Array, call: string, length: number): Promise<Memories> {
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource);
  (instance.exports[call] as () => void)();
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  return {
    native: await nativeMemory(wasm, call, length),
    v8: new Uint8Array(memory.buffer.slice(0, length)),
  };
}

async function nativeMemory(wasm: Uint8Array, call: string, length: number): Promise<Uint8Array> {
  const module = compileModule(wasm);
  const program = linkForProcess({ instances: [{ module, imports: [] }] });
  const session = await ProcessSession.start(program, { timeoutMs: CALL_LIMIT_MS });
  try {
    const started = await session.initialize(0);
    if (started.kind !== "returned") throw new Error(`the initializer ${started.kind}`);
    const { index } = module.exports.find(({ name }) => name === call)!;
    const outcome = await session.call(0, index, []);
    if (outcome.kind !== "returned") throw new Error(`${call} ${outcome.kind}`);
    return await session.readMemory(0, 0, length);
  } finally {
    await session.stop();
  }
}
