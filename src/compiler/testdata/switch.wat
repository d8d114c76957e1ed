;; Tables of branches: compared one by one where few, by a jump table where many.
(module
  (func $one_way (param i32) (result i32)
    (block (block (br_table 0 0 0 (local.get 0))) (return (i32.const 1)))
    (i32.const 2))
  (func $few (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $many (param i32) (result i32)
    (block (block (block (block (block
      (br_table 0 1 2 3 1 4 (local.get 0))) (return (i32.const 10)))
      (return (i32.const 20))) (return (i32.const 30))) (return (i32.const 40)))
    (i32.const 50))
  (func $with_values (param i32 i32) (result i32)
    (i32.add (i32.const 1)
      (block (result i32)
        (i32.mul (i32.const 3)
          (block (result i32)
            (br_table 0 1 0 1 0 (local.get 1) (local.get 0)))))))
  (func $loop_of_states (param i32) (result i32) (local $state i32) (local $count i32)
    (loop $next
      (block $done
        (block $c (block $b (block $a
          (br_table $a $b $c $a $b $done (local.get $state)))
          (local.set $state (i32.const 1)) (br $next))
          (local.set $state (i32.const 2)) (br $next))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $state (local.get 0))
        (br_if $next (i32.lt_u (local.get $count) (i32.const 10)))))
    (local.get $count)))
