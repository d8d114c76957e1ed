/** A linked list of 1,024 nodes: walks, a reversal in place, and a rebuild in another order of addresses. */
import { mix } from "./shared/checksum";
import { nextNoise, seedNoise } from "./shared/noise";

const NODES: i32 = 1024;
const WALKS: i32 = 4;

@final
@unmanaged
class Node {
  next: Node | null;
  value: u32;
}

const pool = heap.alloc(<usize>NODES * offsetof<Node>());
const order = new StaticArray<u32>(NODES);

function shuffle(seed: u32): void {
  seedNoise(seed);
  for (let index = 0; index < NODES; index++) unchecked((order[index] = index));
  for (let index = NODES - 1; index > 0; index--) {
    const other = nextNoise() % <u32>(index + 1);
    const value = unchecked(order[index]);
    unchecked((order[index] = order[other]));
    unchecked((order[other] = value));
  }
}

function build(): Node | null {
  let head: Node | null = null;
  for (let index = 0; index < NODES; index++) {
    const node = changetype<Node>(pool + <usize>unchecked(order[index]) * offsetof<Node>());
    node.value = <u32>index * 2654435761;
    node.next = head;
    head = node;
  }
  return head;
}

function reverse(head: Node | null): Node | null {
  let reversed: Node | null = null;
  while (head !== null) {
    const next = head.next;
    head.next = reversed;
    reversed = head;
    head = next;
  }
  return reversed;
}

function sum(head: Node | null): u32 {
  let total: u32 = 0;
  let node: Node | null = head;
  while (node !== null) {
    total = total * 3 + node.value;
    node = node.next;
  }
  return total;
}

export function run(n: i32): i32 {
  let total: i32 = 0;
  for (let round = 0; round < n; round++) {
    if ((round & 15) == 0) shuffle(<u32>round + 3);
    let head = build();
    for (let walk = 0; walk < WALKS; walk++) {
      total = mix(total, sum(head));
      head = reverse(head);
    }
  }
  return total;
}
