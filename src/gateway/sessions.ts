/**
 * Sessions of a protocol without connections: each dies when nothing has passed for `IDLE_MS`, and the one that was
 * idle longest makes room when there are too many.
 *
 * Tests: sessions.test.ts
 */

/** RFC 4787 4.3 asks for at least two minutes. */
export const IDLE_MS = 120_000;
export const SESSION_LIMIT = 1024;

export interface Session {
  /** `quotation`: as an error about the datagram quotes it (`stack.ts`). Both live only during the call. */
  send(bytes: Uint8Array, quotation: Uint8Array): void;
  close(): void;
}

export class Sessions {
  /** In the order of their last use, oldest first. */
  readonly #sessions = new Map<string, { readonly session: Session; usedAtMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session under `key`, which is in use again from now on. */
  use(key: string): Session | undefined {
    const entry = this.#sessions.get(key);
    if (entry === undefined) return undefined;
    entry.usedAtMs = this.#nowMs();
    this.#sessions.delete(key);
    this.#sessions.set(key, entry);
    return entry.session;
  }

  add(key: string, session: Session): void {
    if (this.#sessions.size === SESSION_LIMIT) this.drop(this.#sessions.keys().next().value!);
    this.#sessions.set(key, { session, usedAtMs: this.#nowMs() });
  }

  has(key: string): boolean {
    return this.#sessions.has(key);
  }

  drop(key: string): void {
    const entry = this.#sessions.get(key);
    this.#sessions.delete(key);
    entry?.session.close();
  }

  /** Drops what has been idle too long. */
  sweep(): void {
    const oldestMs = this.#nowMs() - IDLE_MS;
    for (const [key, entry] of this.#sessions) {
      if (entry.usedAtMs > oldestMs) return;
      this.drop(key);
    }
  }

  clear(): void {
    for (const key of [...this.#sessions.keys()]) this.drop(key);
  }
}
