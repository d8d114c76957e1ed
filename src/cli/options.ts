/** Words of the command line into options, with a clear error for each that is wrong. */
import { parseArgs } from "node:util";
import { UserError } from "../image/user-error.ts";
import type { Forward } from "../targets/target.ts";

export interface RunOptions {
  readonly entry: string;
  readonly forwards: readonly Forward[];
  readonly environment: Readonly<Record<string, string>>;
  readonly outbound: readonly string[];
  readonly pcapFile: string | undefined;
  readonly json: boolean;
}

const DEFAULT_FORWARD: Forward = { hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 80 };
const TARGETS = ["auto", "node"];

/** The options of `run` and `dev`. */
export function parseRunOptions(command: string, words: string[]): RunOptions {
  const { values, positionals } = parseWords(command, words);
  const target = values.target ?? "auto";
  if (target === "process") {
    throw new UserError(
      "usage",
      "target process calls an export of a .wasm module, and needs --invoke NAME",
      `for instance: skerry ${command} module.wasm --target process --invoke add 2 3`,
    );
  }
  if (!TARGETS.includes(target)) {
    throw new UserError("usage", `there is no target "${target}"`, `targets are: ${TARGETS.join(", ")}`);
  }
  return {
    entry: onlyEntry(command, positionals),
    forwards: values.publish === undefined ? [DEFAULT_FORWARD] : values.publish.map(parseForward),
    environment: Object.fromEntries((values.env ?? []).map(parseVariable)),
    outbound: values.allow ?? [],
    pcapFile: values.pcap,
    json: values.json ?? false,
  };
}

export function onlyEntry(command: string, positionals: readonly string[]): string {
  const [entry, ...more] = positionals;
  if (entry === undefined || entry === "") {
    throw new UserError(
      "usage",
      `skerry ${command} needs an ENTRY`,
      `for instance: skerry ${command} ${command === "compile" ? "module.wasm" : "server.ts"}`,
    );
  }
  if (more.length > 0) {
    throw new UserError("usage", `skerry ${command} takes one ENTRY, found also "${more.join(" ")}"`);
  }
  return entry;
}

function parseWords(command: string, words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        publish: { type: "string", short: "p", multiple: true },
        env: { type: "string", multiple: true },
        allow: { type: "string", multiple: true },
        pcap: { type: "string" },
        target: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw usageError(command, error);
  }
}

/** Node's own words for a wrong option are clear; they get a hint. */
export function usageError(command: string, error: unknown): UserError {
  const message = error instanceof Error ? error.message.split(".")[0]! : String(error);
  return new UserError("usage", message, `see skerry ${command} --help`);
}

/** `HOST:GUEST` or `ADDRESS:HOST:GUEST`; an IPv6 address stands in brackets. */
export function parseForward(text: string): Forward {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:]+):)?(\d{1,5}):(\d{1,5})$/.exec(text);
  const hostPort = Number(match?.[2]);
  const guestPort = Number(match?.[3]);
  if (match === null || hostPort > 65535 || guestPort > 65535 || guestPort === 0) {
    throw new UserError(
      "usage",
      `-p ${text}: expected [ADDRESS:]HOST:GUEST with ports up to 65535`,
      "for instance: -p 8080:80",
    );
  }
  const hostAddress = match[1]?.replace(/^\[|\]$/g, "") ?? "127.0.0.1";
  return { hostAddress, hostPort, guestPort };
}

function parseVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0)
    throw new UserError("usage", `--env ${text}: expected NAME=VALUE`, "for instance: --env MODE=test");
  if (text.includes("\n")) throw new UserError("usage", `--env ${text.slice(0, at)}: a value is one line`);
  return [text.slice(0, at), text.slice(at + 1)];
}
