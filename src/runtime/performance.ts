/** performance.now and timeOrigin (High Resolution Time, section 3): the clock starts with the machine. */
import { defineGlobals, nameClass } from "./globals.ts";
import { monotonic, realtime } from "./host.ts";

class Performance {
  get timeOrigin(): number {
    return realtime() - monotonic();
  }

  now(): number {
    return monotonic();
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.timeOrigin };
  }
}
nameClass(Performance, "Performance");

export function definePerformance(): void {
  defineGlobals({ Performance, performance: new Performance() });
}
