/**
 * Every service call of an app with random arguments: ranges that lie in its memory, across its end, and anywhere. A call
 * whose ranges are all the app's own returns, every other one is the app's trap, and the kernel's memory is as it was.
 *
 * The kernel is the greediest there can be: it copies all that it is lent, from and to its own memory.
 */
import assert from "node:assert/strict";
import { randomFrom } from "../../fuzz/target.ts";
import { SERVICES, type Call, type Kind } from "../../src/abi/services.ts";
import {
  casesEntry,
  countWords,
  ENDS,
  fillWords,
  kernelImports,
  TRIES,
  TRIES_IMPORTS,
} from "./probe-text.ts";
import { IS_LONG, linkPlan, planProbe, showRecords, testOnHosts } from "./whole-image.ts";

const PAGE = 65536;
const SEED = 20_261_130;
const CASES_PER_CALL = IS_LONG ? 64 : 8;
const SECRET = 0x0123_4567_89ab_cdefn;
/** Of the kernel's memory: a page of secrets, one that ranges are copied to and from, one of secrets. */
const [BUFFER, BEHIND, END] = [PAGE, 2 * PAGE, 3 * PAGE];

type Random = ReturnType<typeof randomFrom>;
const wordOf = (random: Random): number => random(2 ** 32);

interface Case {
  readonly text: string;
  readonly isAllowed: boolean;
}
type Range = readonly [pointer: number, sizeBytes: number];

/** Half of them the app's own. */
function rangeOf(random: Random): Range {
  const pointer = random(PAGE + 1);
  const within = [pointer, random(PAGE - pointer + 1)] as const;
  const across = [pointer, PAGE - pointer + 1 + random(PAGE)] as const;
  const anywhere = [wordOf(random), wordOf(random)] as const;
  const far = [wordOf(random), random(PAGE)] as const;
  return [within, within, within, across, anywhere, far][random(6)]!;
}

const isOwn = ([pointer, sizeBytes]: Range) => pointer + sizeBytes <= PAGE;

function caseOf(name: string, { parameters, result }: Call, random: Random): Case {
  let isAllowed = true;
  const words = parameters.map((kind) => {
    if (kind === "i32") return `(i32.const ${wordOf(random)})`;
    if (kind === "i64")
      return `(i64.const 0x${wordOf(random).toString(16)}${wordOf(random).toString(16).padStart(8, "0")})`;
    if (kind === "f64") return `(f64.const ${wordOf(random)})`;
    const range = rangeOf(random);
    isAllowed &&= isOwn(range);
    return range.map((word) => `(i32.const ${word})`).join(" ");
  });
  const call = `(call $${name} ${words.join(" ")})`;
  return { text: result === undefined ? call : `(drop ${call})`, isAllowed };
}

const CALLS: readonly (readonly [service: string, name: string, call: Call])[] = Object.entries(
  SERVICES,
).flatMap(([service, { calls }]) =>
  Object.entries(calls).map(([name, call]) => [service, name, call] as const),
);

function typesOf(kind: Kind): readonly string[] {
  return kind === "in" || kind === "out" ? ["i32", "i32"] : [kind];
}

const signatureOf = ({ parameters, result }: Call) =>
  `${parameters
    .flatMap(typesOf)
    .map((type) => `(param ${type})`)
    .join(" ")} ${result === undefined ? "" : `(result ${result})`}`;

/** Copies every range, whole. */
function greedy([service, name, call]: (typeof CALLS)[number]): string {
  let local = 0;
  const copies = call.parameters.map((kind) => {
    const [pointer, sizeBytes] = [`(local.get ${local})`, `(local.get ${local + 1})`];
    local += typesOf(kind).length;
    if (kind === "in") return `(call $copyIn (i32.const ${BUFFER}) ${pointer} ${sizeBytes})`;
    return kind === "out" ? `(call $copyOut ${pointer} (i32.const ${BUFFER}) ${sizeBytes})` : "";
  });
  const result = call.result === undefined ? "" : `(${call.result}.const 0)`;
  return `(func (export "${service}_${name}") ${signatureOf(call)} ${copies.join(" ")} ${result})`;
}

const secrets = (name: string) =>
  `(call $${name} (i32.const 8) (i32.const ${BUFFER})) (call $${name} (i32.const ${BEHIND}) (i32.const ${END}))`;

const kernel = (count: number, more = "") => `${kernelImports(...TRIES_IMPORTS, "copyIn", "copyOut")}
  (memory (export "memory") ${END / PAGE}) ${TRIES}
  ${fillWords("fill", SECRET)} ${countWords("count", SECRET)} ${CALLS.map(greedy).join("\n")}
  (func (export "start") ${secrets("fill")} (call $tryAll (i32.const ${count})) ${more}
    (call $print (select (i32.const 46) (i32.const 35)
      (i32.eq (i32.add ${secrets("count")}) (i32.const ${(2 * PAGE) / 8 - 1})))))
  ${ENDS}`;

const app = (cases: readonly Case[]) =>
  `${CALLS.map(
    ([service, name, call]) =>
      `(import "${service}" "${name}" (func $${service}_${name} ${signatureOf(call)}))`,
  ).join("\n")} (memory (export "memory") 1 1) ${casesEntry(cases.map(({ text }) => text))}`;

testOnHosts("no call with random arguments reaches beyond what is the app's own", async (host) => {
  const random = randomFrom(SEED);
  const cases = CALLS.flatMap(([service, name, call]) =>
    Array.from({ length: CASES_PER_CALL }, () => caseOf(`${service}_${name}`, call, random)),
  );
  const isRefused = cases.map(({ isAllowed }) => !isAllowed);
  assert.ok(isRefused.includes(true) && isRefused.includes(false), "both kinds are tried");
  const plan = planProbe({ kernel: kernel(cases.length), app: app(cases) });
  const ran = await host.run(linkPlan(plan, host.platform), { timeLimitMs: 60_000 });
  const wrong = cases.filter(({ isAllowed }, at) => ran.output[at] !== (isAllowed ? "0" : "1"));
  assert.deepEqual(wrong, []);
  assert.equal(ran.output.slice(cases.length), ".", "the kernel's memory is as it was");
  assert.deepEqual(showRecords(ran).slice(-2), ["started", "exit 0"]);
  const bare = {
    kernel: kernel(1, `(i64.store (i32.const ${BEHIND}) (i64.const 0))`),
    app: app(cases.slice(0, 1)),
  };
  const control = await host.run(linkPlan(planProbe(bare), host.platform));
  assert.equal(control.output.slice(1), "#", "one changed word is noticed");
});
