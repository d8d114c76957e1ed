/**
 * What `skerry compare --json` prints: these types are its schema. Sizes are bytes, times milliseconds.
 *
 * There is no sum and no score: what weighs how much is for the reader to say.
 */
export interface Comparison {
  readonly format: 1;
  readonly name: string;
  readonly entry: string;
  /** The version of Skerry. */
  readonly builder: string;
  readonly host: ComparedHost;
  /** How often each kind was started for its time to the first response. */
  readonly rounds: number;
  readonly request: FirstRequest;
  readonly linuxApp: LinuxApp;
  /** From the one with the most in reach of the app to the one with the least. */
  readonly kinds: readonly ComparedKind[];
}

/** Where it was measured. */
export interface ComparedHost {
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  /** `Linux 6.1.0` */
  readonly system: string;
  readonly node: string;
  readonly user: string;
  /** Runnable processes, averaged over a minute, when measuring began: many make times worth little. */
  readonly load: number;
}

/** What every kind is asked first. */
export interface FirstRequest {
  readonly path: string;
  readonly answers: readonly {
    readonly kind: KindName;
    readonly status: number;
    readonly bodyBytes: number;
  }[];
  /** Status and body are the same everywhere: that it is one app is then more than a name. */
  readonly isSameEverywhere: boolean;
}

/** How the entry is served where Linux is below it. */
export interface LinuxApp {
  /** Absent where Node cannot serve this entry; then the kinds over Linux are not measured. */
  readonly servedBy?: string;
  readonly bundleBytes?: number;
  readonly why?: string;
}

/** In the order of the tables. */
export const KIND_NAMES = ["process", "container", "microvm", "skerry-process", "skerry"] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** A number that was found here and how, or none and why not. */
export type Measure = Measured | NotMeasured;

export interface Measured {
  readonly value: number;
  readonly how: string;
}

export interface NotMeasured {
  readonly value: null;
  readonly why: string;
  /** Who says more about it. */
  readonly see?: string;
}

export interface ComparedKind {
  readonly name: KindName;
  readonly title: string;
  /** What was started, exactly; of a kind that was not, why not. */
  readonly how: string;
  readonly isMeasured: boolean;
  /** Why its figures must not be set beside the others' without a thought. */
  readonly caution?: string;
  /** From the app down to what runs on the hardware. */
  readonly layers: readonly Layer[];
  /** All that has to be stored, sent and kept patched for this app, without what the host has anyway. */
  readonly shippedBytes: Measure;
  readonly boot: Boot;
  readonly memory: Memory;
  /** What whoever has taken over the app can do by the kind's design, with no further bug. */
  readonly design: readonly DesignAnswer[];
}

export type Boot =
  | {
      /** From the start of the launcher's work to the whole first response: the median. */
      readonly medianMs: number;
      readonly quartilesMs: readonly [number, number];
      readonly rounds: number;
    }
  | { readonly medianMs: null; readonly why: string };

export interface Memory {
  /** Resident in the host's memory when the first response had come: pages of files included. */
  readonly residentBytes: Measure;
  /** The same, pages that several processes map divided among them. */
  readonly proportionalBytes: Measure;
  /** What the guest took itself for; of a kind without a guest there is none. */
  readonly guestBytes?: Measure;
}

export type LayerRole = "app" | "kernel" | "keel" | "monitor" | "host";

export interface Layer {
  readonly name: string;
  readonly role: LayerRole;
  /** `ring 3`, `a process`, ... */
  readonly mode: string;
  readonly holds: string;
  /** Code that a processor would execute in it, mapped and executable. */
  readonly codeBytes: Measure;
  /** Of it, or beside it: memory that is executable and holds no file, for code that is made while it runs. */
  readonly generatedBytes?: Measure;
  /** Everything else on the host stands on it as well. */
  readonly isShared: boolean;
  /** The ways from here into the next layer. */
  readonly doors: readonly Door[];
}

export interface Door {
  /** `system calls` */
  readonly what: string;
  readonly count: Measure;
  readonly names?: readonly string[];
  /** What narrows it. */
  readonly note?: string;
}

export const DESIGN_TOPICS = ["files", "network", "programs", "kernel", "below", "secrets"] as const;
export type DesignTopic = (typeof DESIGN_TOPICS)[number];

export interface DesignAnswer {
  readonly topic: DesignTopic;
  readonly answer: string;
  /** Who says so. */
  readonly source: string;
}
