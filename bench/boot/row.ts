/** What is measured: one way to get from nothing to an answer. Each file of rows makes some of them. */

export interface Sample {
  /** From the launcher's start to the whole first response. */
  readonly wallMs: number;
  /** Of the processes that the launcher started, until then. Absent where they have ended, or are this process. */
  readonly cost?: Cost;
}

export interface Cost {
  readonly processorMs: number;
  readonly residentBytes: number;
}

export interface Row {
  readonly name: string;
  /** Files that the machine is started from. */
  readonly imageBytes?: number;
  readonly memory?: MemoryChoice;
  run(): Promise<Sample>;
}

/** The same machine with as much memory as one likes. */
export interface MemoryChoice {
  /** Rows of one name need the same: one of them is asked. */
  readonly name: string;
  /** With so much it answers. */
  readonly enoughMiB: number;
  /** Rejects where there is no answer. */
  run(memoryMiB: number): Promise<Sample>;
}

/** A row that this machine does not have, and why. */
export interface Absent {
  readonly name: string;
  readonly why: string;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly absent: readonly Absent[];
}

/** All in one, in order. */
export function joinRows(all: readonly Rows[]): Rows {
  return {
    rows: all.flatMap(({ rows }) => rows),
    absent: all.flatMap(({ absent }) => absent),
  };
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
}
