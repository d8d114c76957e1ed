/**
 * Performance (High Resolution Time, section 4), its entries (Performance Timeline) and marks and measures (User
 * Timing). The clock starts with the machine.
 */
import { DOMException } from "./dom-exception.ts";
import { EventTarget } from "./event.ts";
import { defineGlobals, defineScope, limitLengths, nameClass, requireArguments } from "./globals.ts";
import { monotonic, realtime } from "./host.ts";
import { structuredClone } from "./structured-clone.ts";

const OWN = Symbol("own");

class PerformanceEntry {
  readonly #name: string;
  readonly #type: string;
  readonly #startTime: number;
  readonly #duration: number;

  constructor(own: symbol, name: string, type: string, startTime: number, duration: number) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
    this.#name = name;
    this.#type = type;
    this.#startTime = startTime;
    this.#duration = duration;
  }

  get name(): string {
    return this.#name;
  }

  get entryType(): string {
    return this.#type;
  }

  get startTime(): number {
    return this.#startTime;
  }

  get duration(): number {
    return this.#duration;
  }

  toJSON(): object {
    const { name, entryType, startTime, duration } = this;
    return { name, entryType, startTime, duration };
  }
}
nameClass(PerformanceEntry, "PerformanceEntry");
Object.defineProperty(PerformanceEntry, "length", { value: 0 });

interface MarkOptions {
  readonly detail?: unknown;
  readonly startTime?: number;
}

function detailOf(value: unknown): unknown {
  return value === undefined || value === null ? null : structuredClone(value);
}

function requireTime(value: unknown): number {
  const time = Number(value);
  if (!Number.isFinite(time)) throw new TypeError("A time must be a finite number");
  if (time < 0) throw new TypeError("A time is not negative");
  return time;
}

class PerformanceMark extends PerformanceEntry {
  readonly #detail: unknown;

  constructor(name: string, options?: MarkOptions) {
    requireArguments(arguments, 1, "PerformanceMark");
    if (options !== undefined && options !== null && typeof options !== "object")
      throw new TypeError("A mark's second argument must be an object");
    const start = options?.startTime === undefined ? monotonic() : requireTime(options.startTime);
    super(OWN, String(name), "mark", start, 0);
    this.#detail = detailOf(options?.detail);
  }

  get detail(): unknown {
    return this.#detail;
  }
}
nameClass(PerformanceMark, "PerformanceMark");

interface MeasureOptions {
  readonly detail?: unknown;
  readonly start?: string | number;
  readonly duration?: number;
  readonly end?: string | number;
}

class PerformanceMeasure extends PerformanceEntry {
  readonly #detail: unknown;

  constructor(own: symbol, name: string, start: number, duration: number, detail: unknown) {
    super(own, name, "measure", start, duration);
    this.#detail = detailOf(detail);
  }

  get detail(): unknown {
    return this.#detail;
  }
}
nameClass(PerformanceMeasure, "PerformanceMeasure");
Object.defineProperty(PerformanceMeasure, "length", { value: 0 });

let makePerformance: () => Performance;

class Performance extends EventTarget {
  #entries: PerformanceEntry[] = [];

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
    super();
  }

  static {
    makePerformance = () => new Performance(OWN);
  }

  get timeOrigin(): number {
    void this.#entries;
    return realtime() - monotonic();
  }

  now(): number {
    void this.#entries;
    return monotonic();
  }

  mark(name: string, options?: MarkOptions): PerformanceMark {
    requireArguments(arguments, 1, "mark");
    return this.#add(new PerformanceMark(name, options));
  }

  measure(name: string, from?: string | MeasureOptions, to?: string): PerformanceMeasure {
    requireArguments(arguments, 1, "measure");
    const options = typeof from === "object" && from !== null ? from : undefined;
    const isUsed =
      options !== undefined && ["start", "end", "duration", "detail"].some((key) => key in options);
    if (isUsed) requireMeasure(options, to);
    const { start, end, duration, detail } = isUsed
      ? options
      : {
          start: options === undefined ? (from as string | undefined) : undefined,
          end: to,
          duration: undefined,
          detail: undefined,
        };
    const length = duration === undefined ? 0 : requireTime(duration);
    let endTime: number;
    if (end !== undefined) endTime = this.#timeOf(end);
    else if (start !== undefined && duration !== undefined) endTime = this.#timeOf(start) + length;
    else endTime = monotonic();
    let startTime = 0;
    if (start !== undefined) startTime = this.#timeOf(start);
    else if (duration !== undefined && end !== undefined) startTime = endTime - length;
    return this.#add(new PerformanceMeasure(OWN, String(name), startTime, endTime - startTime, detail));
  }

  /** The time itself, or that of the last mark with this name. */
  #timeOf(mark: string | number): number {
    if (typeof mark === "number") return requireTime(mark);
    const found = this.getEntriesByName(String(mark), "mark").at(-1);
    if (found === undefined) throw new DOMException(`There is no mark ${String(mark)}`, "SyntaxError");
    return found.startTime;
  }

  #add<T extends PerformanceEntry>(entry: T): T {
    const after = this.#entries.findIndex((one) => one.startTime > entry.startTime);
    this.#entries.splice(after < 0 ? this.#entries.length : after, 0, entry);
    return entry;
  }

  clearMarks(name?: string): void {
    this.#clear("mark", name);
  }

  clearMeasures(name?: string): void {
    this.#clear("measure", name);
  }

  #clear(type: string, name: string | undefined): void {
    this.#entries = this.#entries.filter(
      (one) => one.entryType !== type || (name !== undefined && one.name !== String(name)),
    );
  }

  getEntries(): PerformanceEntry[] {
    return [...this.#entries];
  }

  getEntriesByType(type: string): PerformanceEntry[] {
    requireArguments(arguments, 1, "getEntriesByType");
    return this.#entries.filter((one) => one.entryType === String(type));
  }

  getEntriesByName(name: string, type?: string): PerformanceEntry[] {
    requireArguments(arguments, 1, "getEntriesByName");
    return this.#entries.filter(
      (one) => one.name === String(name) && (type === undefined || one.entryType === String(type)),
    );
  }

  toJSON(): object {
    void this.#entries;
    return { timeOrigin: this.timeOrigin };
  }
}
nameClass(Performance, "Performance");
limitLengths([Performance, Performance.prototype.clearMarks, Performance.prototype.clearMeasures], 0);

function requireMeasure({ start, end, duration }: MeasureOptions, to: string | undefined): void {
  if (to !== undefined) throw new TypeError("A measure's end is in its options, or its third argument");
  if (start === undefined && end === undefined) throw new TypeError("A measure has a start or an end");
  if (start !== undefined && end !== undefined && duration !== undefined)
    throw new TypeError("A measure has two of start, end and duration");
}

export function definePerformance(): void {
  defineGlobals({ Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure });
  defineScope({ performance: makePerformance() });
}
