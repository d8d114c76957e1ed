/** The module that scripts import from as "spectest", as the specification's interpreter provides it. */
export const SPECTEST_TEXT = `
(module
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (memory (export "memory") 1 2)
  (func (export "print"))
  (func (export "print_i32") (param i32))
  (func (export "print_i64") (param i64))
  (func (export "print_f32") (param f32))
  (func (export "print_f64") (param f64))
  (func (export "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (param f64 f64))
  (func (export "print_i64_f64") (param i64 f64)) ;; Binaryen's
)
`;

/** A module has one memory, so the shared one is another's. */
export const SHARED_MEMORY = "shared_memory";
export const SHARED_MEMORY_TEXT = `(module (memory (export "shared_memory") 1 2 shared))`;
