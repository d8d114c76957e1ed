/** The Linux side of a test: a Node inside the namespace, whose jobs are called from outside. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { nodeWords } from "../functional/skerry.ts";
import type { Namespace } from "./namespace.ts";
import type { Jobs } from "./jobs.ts";

export interface Question {
  readonly id: number;
  readonly job: string;
  readonly given: unknown;
}

export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

type Given<Name extends keyof Jobs> = Parameters<Jobs[Name]>[0];
type Result<Name extends keyof Jobs> = Awaited<ReturnType<Jobs[Name]>>;

export class Peer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  /** Resolves when it takes calls. */
  static async start(namespace: Namespace): Promise<Peer> {
    const child = namespace.spawn(nodeWords("tests/network/jobs.ts"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await once(child, "message");
    return new Peer(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    child.once("exit", () => {
      for (const [id, resolve] of this.#waiting) resolve({ id, error: "the peer has ended" });
    });
  }

  /** Throws what the job throws. */
  async call<Name extends keyof Jobs>(job: Name, given: Given<Name>): Promise<Result<Name>> {
    const id = this.#next++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, job, given } satisfies Question);
    });
    this.#waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${job}: ${answer.error}`);
    return answer.result as Result<Name>;
  }
}
