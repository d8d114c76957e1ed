/**
 * What the outside says of a destination that cannot be reached, as the gateway tells its stack, which tells the guest
 * in ICMP's words. Valid TypeScript and valid AssemblyScript.
 */
export const enum Unreachable {
  /** No way leads to its network. */
  Network = 0,
  /** Its network is there, and it is not. */
  Host = 1,
  /** It is there, and nobody has the port. */
  Port = 2,
  /** The host's own rules, or somebody's on the way, forbid it. */
  Prohibited = 3,
}
