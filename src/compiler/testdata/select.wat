;; Choices without branches.
(module
  (func $integer (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func $by_comparison (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.lt_s (local.get 0) (local.get 1))))
  (func $with_constants (param i32) (result i32)
    (select (i32.const 10) (i32.const 20) (local.get 0)))
  (func $float (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func $by_float_equality (param i32 i32 f64 f64) (result i32)
    (select (local.get 0) (local.get 1) (f64.eq (local.get 2) (local.get 3))))
  (func $reference (param funcref i32) (result funcref)
    (select (result funcref) (local.get 0) (ref.null func) (local.get 1))))
