/** Registers that calls change, a bit for each physical one. */
import { CALLER_SAVED } from "../../../x64/register.ts";
import { FIRST_VECTOR } from "../instruction.ts";

const VECTOR_MASK = 0xffff << FIRST_VECTOR;
/** What a call may change. */
export const CALL_CLOBBERS = CALLER_SAVED.reduce((mask, physical) => mask | (1 << physical), VECTOR_MASK);
