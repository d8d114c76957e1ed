/**
 * The session's end of the socket: sends requests, gives each its answer in order (`protocol.ts`).
 */
import type { Duplex } from "node:stream";
import { Answer, Request, type RequestKind } from "../../platform/process/protocol.ts";

export interface RequestFields {
  readonly kind: RequestKind;
  readonly memory: number;
  /** Of Read and Write. */
  readonly displacement?: number;
  /** Of Call: code offsets. */
  readonly stub?: number;
  readonly function?: number;
  readonly length: number;
  readonly resultLength?: number;
}

export interface ReceivedAnswer {
  readonly header: DataView;
  readonly data: Uint8Array;
}

interface Pending {
  readonly resolve: (answer: ReceivedAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class Connection {
  readonly #socket: Duplex;
  readonly #pending: Pending[] = [];
  #chunks: Uint8Array[] = [];
  #received = 0;
  #needed: number = Answer.Size;
  #ended: Error | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    // The process ends with requests unread: its exit is what is reported.
    socket.on("error", () => {});
  }

  request(fields: RequestFields, payload?: Uint8Array): Promise<ReceivedAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const bytes = new Uint8Array(Request.Size + (payload?.length ?? 0));
    const view = new DataView(bytes.buffer);
    view.setUint32(Request.Kind, fields.kind, true);
    view.setUint32(Request.Memory, fields.memory, true);
    if (fields.stub === undefined) {
      view.setBigInt64(Request.Operand, BigInt(fields.displacement ?? 0), true);
    } else {
      view.setUint32(Request.Operand, fields.stub, true);
      view.setUint32(Request.Function, fields.function ?? 0, true);
    }
    view.setBigUint64(Request.Length, BigInt(fields.length), true);
    view.setBigUint64(Request.ResultLength, BigInt(fields.resultLength ?? 0), true);
    if (payload !== undefined) bytes.set(payload, Request.Size);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#socket.write(bytes);
    });
  }

  /** Every request without an answer, and every later one, fails with `error`. */
  end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    for (const { reject } of this.#pending.splice(0)) reject(error);
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    while (this.#received >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const header = new DataView(all.buffer, all.byteOffset, Answer.Size);
      const whole = Answer.Size + Number(header.getBigUint64(Answer.Length, true));
      this.#needed = whole;
      this.#chunks = [all];
      if (all.length < whole) return;
      this.#chunks = all.length === whole ? [] : [all.subarray(whole)];
      this.#received = all.length - whole;
      this.#needed = Answer.Size;
      this.#pending.shift()?.resolve({ header, data: all.subarray(Answer.Size, whole) });
    }
  }
}
