/** What the `node` target and its worker thread say to each other. */
import type { Image } from "../../image/image.ts";
import type { Forward, MachineOptions, TouchedMemory } from "../target.ts";

export type WorkerStart = Omit<MachineOptions, "onConsole"> & { readonly image: Image };

/** What the target asks of its worker. */
export type WorkerRequest = "stop" | "status" | { readonly port: number };

export type WorkerMessage =
  | { readonly kind: "status"; readonly status: TouchedMemory }
  | { readonly kind: "answers"; readonly port: number; readonly isListening: boolean }
  | { readonly kind: "ready"; readonly forwards: readonly Forward[] }
  | { readonly kind: "console"; readonly stream: 1 | 2; readonly text: string }
  | { readonly kind: "exited"; readonly status: number }
  /** The machine could not start for a reason the user can mend. */
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    };
