/** What readers call the figures of a comparison, and which of its facts each is. Both reports say the same by these. */
import { exact, plural, short } from "../audit/words.ts";
import type { ComparedKind, Comparison, Door, KindName, Layer, Measure } from "./comparison.ts";

/** Over two lines of a column. */
export const HEADS: Readonly<Record<KindName, readonly [string, string]>> = {
  process: ["Linux", "process"],
  container: ["", "container"],
  microvm: ["Linux", "microVM"],
  "skerry-process": ["Skerry", "process"],
  skerry: ["Skerry", "machine"],
};

export interface Figure {
  readonly label: string;
  /** What it does not say. */
  readonly caution: string;
  readonly of: (kind: ComparedKind) => Measure | undefined;
  readonly show: (value: number) => string;
}

const NO_SUCH: undefined = undefined;

export const FIGURES: readonly Figure[] = [
  {
    label: "code the app runs in",
    caution:
      "mapped and executable files of its own address space or compartment: what an attacker inside can reuse. What is made while it runs (a JIT) comes on top.",
    of: ({ layers }) => layers[0]?.codeBytes,
    show: short,
  },
  {
    label: "doors out of it",
    caution:
      "distinct calls, not what can be done by them: one ioctl is one. The names are in --json where they are known.",
    of: ({ layers }) => layers[0]?.doors[0]?.count,
    show: exact,
  },
  {
    label: "code behind them",
    caution:
      "the whole of the next layer. A filter closes doors, and how much of the code then cannot be got at is not measured.",
    of: ({ layers }) => layers[1]?.codeBytes,
    show: short,
  },
  {
    label: "doors into the host",
    caution: "system calls that the last layer above the host's Linux may make.",
    of: ({ layers }) => layers.at(-2)?.doors.find(({ what }) => what === "system calls")?.count,
    show: exact,
  },
  {
    label: "to ship and patch",
    caution: "the fewest files with which it starts; a distribution's image has more.",
    of: ({ shippedBytes }) => shippedBytes,
    show: short,
  },
  {
    label: "first response",
    caution:
      "from the start of the launcher's work to the whole response, the median; the launcher itself runs already.",
    of: ({ boot }) =>
      boot.medianMs === null ? { value: null, why: boot.why } : { value: boot.medianMs, how: "" },
    show: duration,
  },
  {
    label: "memory, resident",
    caution:
      "of all its processes on the host, shared pages counted whole; without the host's kernel and launcher.",
    of: ({ memory }) => memory.residentBytes,
    show: short,
  },
  {
    label: "memory, its share",
    caution:
      "pages that several processes map divided among them. Node on the host shares its file with this command, which runs on Node too.",
    of: ({ memory }) => memory.proportionalBytes,
    show: short,
  },
  {
    label: "memory of the guest",
    caution: "what the machine was given; of it, the host holds what the guest has touched.",
    of: ({ memory }) => memory.guestBytes ?? NO_SUCH,
    show: short,
  },
];

export function duration(ms: number): string {
  return ms < 1000 ? `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Ways down that a report shows: a count that nobody took says nothing of the way. */
export function shownDoors({ doors }: Layer): readonly Door[] {
  return doors.filter(({ count, note }, index) => index === 0 || count.value !== null || note !== undefined);
}

/** `360 system calls`, or that nobody counted. */
export function doorText({ what, count, note }: Door): string {
  const counted =
    count.value === null ? `${what}: not measured` : plural(count.value, what.replace(/s$/, ""));
  return note === undefined ? counted : `${counted}, ${note}`;
}

export function codeText({ codeBytes }: Layer): string {
  return codeBytes.value === null ? "code not measured" : `${short(codeBytes.value)} of code`;
}

/** Beside its code. */
export function generatedText({ generatedBytes }: Layer): string | undefined {
  const value = generatedBytes?.value;
  return value == null || value === 0 ? undefined : `room for ${short(value)} made while it runs`;
}

export function requestText({ request }: Comparison): string {
  const { path, answers, isSameEverywhere } = request;
  const [first] = answers;
  if (first === undefined) return `asked GET ${path}: nothing answered`;
  const said = `asked GET ${path}: `;
  if (isSameEverywhere && answers.length > 1) {
    return `${said}all ${answers.length} answered ${first.status} with the same ${plural(first.bodyBytes, "byte")}`;
  }
  return (
    said +
    answers.map(({ kind, status, bodyBytes }) => `${kind} ${status}, ${exact(bodyBytes)} bytes`).join("; ")
  );
}

export function hostText({ host, rounds }: Comparison): string {
  const { processor, processors, memoryBytes, system, node, user, load } = host;
  return `${processor}, ${plural(processors, "processor")}, ${short(memoryBytes)}, ${system}, Node ${node}, as ${user}; ${plural(rounds, "start")} each, in turns; load ${load.toFixed(1)}`;
}

export interface Gap {
  readonly where: string;
  readonly why: string;
  readonly see?: string;
}

/** Everything that was not measured, each reason once. */
export function gapsOf({ kinds }: Comparison): Gap[] {
  const gaps: Gap[] = [];
  for (const { title, isMeasured, how, layers, shippedBytes, boot, memory } of kinds) {
    if (!isMeasured) {
      gaps.push({ where: title, why: how });
      continue;
    }
    const add = (what: string, measure: Measure | undefined): void => {
      if (measure === undefined || measure.value !== null) return;
      const { why, see } = measure;
      gaps.push({ where: `${title}, ${what}`, why, ...(see === undefined ? {} : { see }) });
    };
    for (const { name, codeBytes, generatedBytes, doors } of layers) {
      add(`code of ${name}`, codeBytes);
      add(`code that ${name} makes`, generatedBytes);
      for (const { what, count } of doors) add(`${what} of ${name}`, count);
    }
    add("files", shippedBytes);
    add("memory", memory.residentBytes);
    add("memory of the guest", memory.guestBytes);
    if (boot.medianMs === null) gaps.push({ where: `${title}, first response`, why: boot.why });
  }
  return gaps;
}

export interface SharedAnswer {
  readonly kinds: readonly ComparedKind[];
  readonly answer: string;
  readonly source: string;
}

/** Kinds of which the same is true, together. */
export function answersTo(topic: string, kinds: readonly ComparedKind[]): SharedAnswer[] {
  const found = new Map<string, { kinds: ComparedKind[]; answer: string; source: string }>();
  for (const kind of kinds) {
    const { answer, source } = kind.design.find((each) => each.topic === topic)!;
    const known = found.get(answer);
    if (known === undefined) found.set(answer, { kinds: [kind], answer, source });
    else known.kinds.push(kind);
  }
  return [...found.values()];
}
