/**
 * Bounds on modules, so that a hostile one cannot exhaust memory: what a few bytes can ask for is bounded here,
 * everything else by the module's size. Most are those of the browsers' engines.
 */
export const MODULE_BYTES_LIMIT = 1 << 30;
export const TYPES_LIMIT = 1_000_000;
export const FUNCTIONS_LIMIT = 1_000_000;
export const IMPORTS_LIMIT = 1_000_000;
export const EXPORTS_LIMIT = 1_000_000;
export const GLOBALS_LIMIT = 1_000_000;
export const TABLES_LIMIT = 100_000;
export const DATA_SEGMENTS_LIMIT = 100_000;
export const ELEMENT_SEGMENTS_LIMIT = 100_000;
export const ELEMENTS_LIMIT = 10_000_000;
/** Initial size of a table. */
export const TABLE_ELEMENTS_LIMIT = 10_000_000;
export const PARAMETERS_LIMIT = 1000;
export const RESULTS_LIMIT = 1000;
/** With the parameters. */
export const FUNCTION_LOCALS_LIMIT = 50_000;
export const MODULE_LOCALS_LIMIT = 10_000_000;
export const BODY_BYTES_LIMIT = 7_654_321;
/** Labels of a br_table, without the default. */
export const BRANCH_TABLE_LIMIT = 65_520;
/** Operands on a function's stack: a call has up to a thousand results. */
export const OPERANDS_LIMIT = 1_000_000;
/** Constant expressions are trees that are walked recursively. */
export const CONSTANT_INSTRUCTIONS_LIMIT = 1000;
