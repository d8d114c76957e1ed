/** node:perf_hooks: the Web's performance, which is global. */
const scope = globalThis;

export const performance = scope.performance;
export const PerformanceEntry = scope.PerformanceEntry;
export const PerformanceMark = scope.PerformanceMark;
export const PerformanceMeasure = scope.PerformanceMeasure;

export default { performance, PerformanceEntry, PerformanceMark, PerformanceMeasure };
