/**
 * `npm run h1spec -- HOST:PORT`: how a server takes the requests of `cases.ts`. Ends with 1 where one is taken wrongly.
 */
import { SPEC_CASES } from "./cases.ts";
import { checkServer } from "./check.ts";

const match = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(process.argv[2] ?? "");
if (match === null) {
  process.stderr.write("usage: npm run h1spec -- HOST:PORT\n");
  process.exit(2);
}
const outcomes = await checkServer(SPEC_CASES, match[1]!.replace(/^\[|\]$/g, ""), Number(match[2]));
for (const { name, passed, found } of outcomes) {
  process.stdout.write(`${passed ? "passed" : "FAILED"}  ${name}: ${found}\n`);
}
const passed = outcomes.filter((outcome) => outcome.passed).length;
process.stdout.write(`${passed} of ${outcomes.length}\n`);
process.exitCode = passed === outcomes.length ? 0 : 1;
