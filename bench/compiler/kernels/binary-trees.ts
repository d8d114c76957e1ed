/** Binary trees of depth 10, nodes from an arena that is reset for each: bump allocation and recursion. */
import { mix } from "./shared/checksum";

const DEPTH: i32 = 10;
const ARENA_BYTES: usize = 1 << 16;

@final
@unmanaged
class Tree {
  left: Tree | null;
  right: Tree | null;
  value: i32;
}

const arena = heap.alloc(ARENA_BYTES);
let free: usize = 0;

function allocate(): Tree {
  const node = free;
  const end = node + offsetof<Tree>();
  if (end > arena + ARENA_BYTES) unreachable();
  free = end;
  return changetype<Tree>(node);
}

function grow(depth: i32, value: i32): Tree {
  const tree = allocate();
  tree.value = value;
  if (depth > 0) {
    tree.left = grow(depth - 1, value * 2);
    tree.right = grow(depth - 1, value * 2 + 1);
  } else {
    tree.left = null;
    tree.right = null;
  }
  return tree;
}

function check(tree: Tree): i32 {
  const left = tree.left;
  const right = tree.right;
  if (left === null || right === null) return tree.value;
  return tree.value + check(left) - check(right);
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++) {
    free = arena;
    total = mix(total, check(grow(DEPTH, round)));
  }
  return total;
}
