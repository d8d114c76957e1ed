/** The deadline that does not come: `NEVER` of `src/abi/platform.ts`. */
export const NEVER: i64 = i64.MAX_VALUE;
