/**
 * Validates function bodies (Wasm 2.0 core, 3.3 and appendix A.3).
 *
 * Most instructions are rows of the opcode table: what they pop and push is there. The others are in
 * `special-instructions.ts`, what immediates must satisfy in `immediates.ts`.
 *
 * Tests: body.test.ts, mutation.test.ts.
 */
import type { FunctionType } from "../../abi/wasm.ts";
import type { BodyContext } from "./body-context.ts";
import { malformed } from "./error.ts";
import { IMMEDIATE_CHECKS } from "./immediates.ts";
import type { Body } from "./module.ts";
import { SPECIAL_INSTRUCTIONS } from "./special-instructions.ts";
import { denseOpcode, IMMEDIATE, POPS, PUSH } from "./tables/opcodes.ts";

const FIRST_SIMD = denseOpcode(0xfd0000);
const FIRST_ATOMIC = denseOpcode(0xfe0000);

/** The context goes from body to body. */
export function validateBody(context: BodyContext, type: FunctionType, body: Body): void {
  context.enter(type, body);
  const { reader } = context;
  while (context.frameCount > 0) {
    if (!reader.next()) {
      throw malformed(
        body.end,
        "unexpected end of section or function, or section size mismatch: END opcode expected",
      );
    }
    validateInstruction(context);
  }
  if (reader.offset + 1 !== body.end) {
    throw malformed(reader.offset + 1, "section size mismatch: code after the function's END opcode");
  }
}

function validateInstruction(context: BodyContext): void {
  const { operands } = context;
  const { dense } = context.reader;
  const pops = POPS[dense]!;
  if (pops < 0) {
    SPECIAL_INSTRUCTIONS[dense]!(context);
    return;
  }
  IMMEDIATE_CHECKS[IMMEDIATE[dense]!]?.(context);
  for (let packed = pops; packed !== 0; packed >>= 8) operands.pop(packed & 0xff);
  const push = PUSH[dense]!;
  if (push !== 0) operands.push(push);
  if (dense >= FIRST_SIMD && dense < FIRST_ATOMIC) context.facts.hasSimd = true;
}
