/** What passes between the thread that compiles a module and those that help it. */
import type { PreparedModule } from "../compiler/compile.ts";
import type { Chunk } from "../compiler/join.ts";

/** Given to a worker when it starts. */
export interface WorkerStart {
  readonly prepared: PreparedModule;
  /** One i32, shared by all threads: how many entries of `chunkOrder` are taken. */
  readonly taken: SharedArrayBuffer;
}

/** A chunk; or undefined: there are no more to take. */
export type WorkerMessage = { readonly number: number; readonly chunk: Chunk } | undefined;
