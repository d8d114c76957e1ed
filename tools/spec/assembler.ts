/**
 * Module text to bytes, by wabt. Proposals that wabt knows are on, so that it is the decoder that refuses what we do
 * not support, by its name. Off is what wabt reads but writes wrongly: typed references and indices of memories.
 *
 * Tests: assembler.test.ts
 */
import loadWabt from "wabt";
import { readExpressions, ExpressionError } from "./expression.ts";
import { respell } from "./legacy-text.ts";
import { proposalOf, type ProposalName } from "./unsupported.ts";

export type Assembled =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "unsupported"; readonly proposal: ProposalName }
  | { readonly kind: "refused"; readonly message: string };

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  annotations: true,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
};

export class Assembler {
  readonly #wabt: Awaited<ReturnType<typeof loadWabt>>;

  private constructor(wabt: Awaited<ReturnType<typeof loadWabt>>) {
    this.#wabt = wabt;
  }

  static async load(): Promise<Assembler> {
    return new Assembler(await loadWabt());
  }

  /** Text as one character a byte; `(module ...)` or the fields of one. */
  assemble(text: string): Assembled {
    const whole = /^\s*\(module\b/.test(text) ? text : `(module ${text}\n)`;
    const wrong = writtenWrongly(whole);
    if (wrong !== undefined) return { kind: "unsupported", proposal: wrong };
    const first = this.#parse(whole);
    if (first.kind === "bytes" && !/\(ref\s/.test(whole)) return first;
    try {
      const spelled = respell(whole);
      if (spelled !== whole) {
        const second = this.#parse(spelled);
        if (second.kind === "bytes") return second;
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return first;
    }
    const proposal = textProposal(whole);
    return proposal === undefined ? first : { kind: "unsupported", proposal };
  }

  #parse(text: string): Exclude<Assembled, { kind: "unsupported" }> {
    try {
      const module = this.#wabt.parseWat("module", text, FEATURES);
      try {
        return { kind: "bytes", bytes: module.toBinary({}).buffer };
      } finally {
        module.destroy();
      }
    } catch (error) {
      return { kind: "refused", message: firstComplaint(error) };
    }
  }
}

/** wabt takes some of this text as if it knew it, and writes other types, or none of the indices. */
function writtenWrongly(text: string): ProposalName | undefined {
  if (!/\(ref\s|\(data\b[^()]*\(memory\b/.test(text)) return undefined;
  try {
    const proposal = proposalOf(readExpressions(respell(text)));
    return proposal === "typed function references" || proposal === "multi-memory" ? proposal : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** The proposal that the words of a module's text tell. */
export function textProposal(text: string): ProposalName | undefined {
  try {
    if (/\(@(custom|name|metadata)/.test(text)) return "custom annotations";
    return proposalOf(readExpressions(text));
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

function firstComplaint(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /error: (.*)/.exec(message)?.[1] ?? message;
}
