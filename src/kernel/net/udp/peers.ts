/**
 * Who wrote to the app's sockets lately, and may be answered without a grant: only who wrote, at the port it wrote to,
 * from the address and port it wrote from, for two minutes from its last datagram that the app took.
 *
 * A set-associative table under a keyed hash: nobody outside chooses who forgets whom, and nothing grows.
 *
 * Tests: udp.test.ts
 */
import { randomU64 } from "../../entropy/random";
import { now, SECOND } from "../../time/clock";

const SETS: u64 = 64;
const WAYS: usize = 4;
/** RFC 4787 4.3 has address translators remember for so long. */
const ANSWER_NS: i64 = 120 * SECOND;

@final
@unmanaged
class Peer {
  high: u64;
  low: u64;
  /** Its port, and ours. */
  ports: u32;
  spare: u32;
  until: i64;
}

const PEER_SIZE: usize = 32;
if (offsetof<Peer>() != PEER_SIZE) ERROR("a peer fits its place");

const table: usize = memory.data(8192, 8); // SETS * WAYS * PEER_SIZE
let key: u64 = 0;

/** The app took a datagram from this end, at our port. */
export function heardFrom(high: u64, low: u64, port: u16, localPort: u16): void {
  if (key == 0) key = randomU64() | 1;
  const ports = portsOf(port, localPort);
  let place = find(high, low, ports);
  if (place == null) {
    place = oldest(setOf(high, low, ports));
    place.high = high;
    place.low = low;
    place.ports = ports;
  }
  place.until = now() + ANSWER_NS;
}

/** Whether a datagram from our port to this end is an answer. */
export function mayAnswer(high: u64, low: u64, port: u16, localPort: u16): bool {
  const peer = find(high, low, portsOf(port, localPort));
  return peer != null && peer.until > now();
}

/** The port's socket is closed: whoever has it next answers nobody whom it did not hear. */
export function forgetPeers(localPort: u16): void {
  for (let place: usize = 0; place < <usize>SETS * WAYS; place++) {
    const peer = changetype<Peer>(table + place * PEER_SIZE);
    if (peer.ports >> 16 == <u32>localPort) peer.until = 0;
  }
}

function portsOf(port: u16, localPort: u16): u32 {
  return ((<u32>localPort) << 16) | (<u32>port);
}

function setOf(high: u64, low: u64, ports: u32): usize {
  let hash = (low ^ key) * 0x9e37_79b9_7f4a_7c15;
  hash = (rotl<u64>(hash, 29) ^ high ^ (<u64>ports)) * 0xbf58_476d_1ce4_e5b9;
  hash = (hash ^ (hash >> 32) ^ key) * 0x94d0_49bb_1331_11eb;
  return table + <usize>((hash >> 32) % SETS) * (WAYS * PEER_SIZE);
}

function find(high: u64, low: u64, ports: u32): Peer | null {
  const set = setOf(high, low, ports);
  for (let way: usize = 0; way < WAYS; way++) {
    const peer = changetype<Peer>(set + way * PEER_SIZE);
    if (peer.low == low && peer.high == high && peer.ports == ports) return peer;
  }
  return null;
}

function oldest(set: usize): Peer {
  let found = changetype<Peer>(set);
  for (let way: usize = 1; way < WAYS; way++) {
    const peer = changetype<Peer>(set + way * PEER_SIZE);
    if (peer.until < found.until) found = peer;
  }
  return found;
}
