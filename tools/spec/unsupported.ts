/**
 * What the tests may need that Skerry does not have, each with the reason: the reviewed list. A command that needs
 * one of these counts as neither passed nor failed, and the runner's summary names it. A module refused as
 * unsupported for a reason that is not listed here counts as failed.
 *
 * The names are those that the decoder gives (`WasmError.proposal`). Text that cannot even be assembled is told by
 * its words.
 *
 * Tests: unsupported.test.ts
 */
import type { Expression, List } from "./expression.ts";

interface Proposal {
  readonly name: string;
  readonly reason: string;
  /** Words that only this proposal's text has. */
  readonly word?: RegExp;
  /** For what no word alone tells. */
  readonly list?: (list: List) => boolean;
}

const PROPOSALS = [
  {
    name: "exceptions",
    reason: "unwinding needs tables that the compiler does not write yet",
    word: /^(tag|try|try_table|catch|catch_all|catch_ref|catch_all_ref|throw|throw_ref|rethrow|delegate|exnref|exn|noexn|nullexnref)$/,
  },
  {
    name: "gc",
    reason: "a collector is a service of its own",
    word: /^((array|struct|i31)\..*|struct|array|rec|sub|final|(any|eq|i31|struct|array|null|nullfunc|nullextern)ref|any|eq|none|nofunc|noextern|ref\.(eq|i31|test|cast|any|struct|array|host)|ref\.(test|cast|is|as)_.*|rtt\..*|br_on_(cast|func|data|i31|non_func).*|(any|extern)\.convert_.*|i31\.new|dataref|rtt)$/,
  },
  {
    name: "typed function references",
    reason: "reference types beyond funcref and externref come with the collector",
    word: /^(call_ref|return_call_ref|ref\.as_non_null|br_on_null|br_on_non_null|func\.bind|let)$/,
    list: (list) => isTypedReference(list) || isTableWithInitializer(list),
  },
  {
    name: "memory64",
    reason: "memory is reached by 32-bit indices without checks, in a reservation of 6 GiB",
    list: isIndexedBy64Bits,
  },
  {
    name: "multi-memory",
    reason: "the one memory's base is pinned in a register",
    list: (list) => isMemoryAccessByName(list) || hasTwoMemories(list),
  },
  {
    name: "relaxed SIMD",
    reason: "results may differ between machines, images must not",
    word: /\.relaxed_|^i32x4\.relaxed|_relaxed_/,
  },
  {
    name: "wide arithmetic",
    reason: "not standardised yet",
    word: /^i64\.(add128|sub128|mul_wide_[su])$/,
  },
  {
    name: "wait/notify of threads",
    reason: "there is one thread",
    word: /^(memory\.atomic\.(wait32|wait64|notify)|i(32|64)\.atomic\.wait|atomic\.notify|thread|wait)$/,
  },
  {
    name: "shared-everything threads",
    reason: "there is one thread",
    word: /^pause$/,
    list: (list) => isAtom(list.items[0], "shared") && list.items[1]?.kind === "list",
  },
  {
    name: "custom page sizes",
    reason: "not standardised yet",
    word: /^pagesize$/,
  },
  {
    name: "custom descriptors",
    reason: "comes after gc",
    word: /^(descriptor|describes|exact|.*_desc.*)$/,
  },
  {
    name: "stack switching",
    reason: "not standardised yet",
    word: /^(cont|cont\..*|resume|suspend|switch)$/,
  },
  { name: "memory control", reason: "not standardised yet", word: /^memory\.discard$/ },
  {
    name: "compact import section",
    reason: "not standardised yet",
    list: (list) =>
      isAtom(list.items[0], "import") && list.items[2]?.kind === "list" && list.items.length > 3,
  },
  { name: "component model", reason: "modules only", word: /^component$/ },
  { name: "custom annotations", reason: "text that becomes custom sections, which mean nothing to us" },
  {
    name: "Binaryen's dialect",
    reason: "in no specification: tuples as values, functions as arguments by their names",
    word: /^tuple\./,
    list: isTupleType,
  },
  { name: "rules before Wasm 2.0", reason: "the specification has changed them" },
  { name: "limits", reason: "larger than a named limit of the compiler" },
] as const satisfies readonly Proposal[];

export type ProposalName = (typeof PROPOSALS)[number]["name"];

const LISTED: readonly Proposal[] = PROPOSALS;

export function reasonFor(name: ProposalName): string {
  return LISTED.find((proposal) => proposal.name === name)!.reason;
}

export function isListed(name: string): name is ProposalName {
  return LISTED.some((proposal) => proposal.name === name);
}

/** The proposal that module text needs, as far as its words tell. */
export function proposalOf(expressions: readonly Expression[]): ProposalName | undefined {
  const found = new Set<Proposal>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "string") return;
    for (const proposal of LISTED) {
      if (expression.kind === "atom" ? proposal.word?.test(expression.text) : proposal.list?.(expression)) {
        found.add(proposal);
      }
    }
    if (expression.kind === "list") expression.items.forEach(visit);
  };
  expressions.forEach(visit);
  const first = LISTED.find((proposal) => found.has(proposal));
  return first === undefined ? undefined : (first.name as ProposalName);
}

function isAtom(expression: Expression | undefined, text: string): boolean {
  return expression?.kind === "atom" && expression.text === text;
}

/** `(ref T)`, `(ref null T)`. */
function isTypedReference(list: List): boolean {
  return isAtom(list.items[0], "ref") && list.items.length >= 2 && list.items.length <= 3;
}

/** `(table 1 funcref (ref.null func))`. */
function isTableWithInitializer(list: List): boolean {
  if (!isAtom(list.items[0], "table")) return false;
  const last = list.items.at(-1);
  return (
    last?.kind === "list" &&
    last.items[0]?.kind === "atom" &&
    /^(ref|global)\.|const$/.test(last.items[0].text)
  );
}

/** `(memory i64 1)`, `(memory (data i64 ...))`, `(table i64 1 funcref)`, and the imports of such. */
function isIndexedBy64Bits(list: List): boolean {
  const keyword = list.items[0];
  if (keyword?.kind !== "atom" || !/^(memory|table|data)$/.test(keyword.text)) return false;
  return list.items.some((item) => isAtom(item, "i64"));
}

/** `(i32.load $memory ...)`, `(memory.copy 0 1 ...)`. */
function isMemoryAccessByName(list: List): boolean {
  const keyword = list.items[0];
  if (keyword?.kind !== "atom") return false;
  const operand = list.items[1];
  if (operand?.kind !== "atom") return false;
  if (/\.(load|store)(8|16|32|64)?(x\d+)?(_lane|_splat|_zero)?(_[su])?$/.test(keyword.text)) {
    return operand.text.startsWith("$") || (/^\d+$/.test(operand.text) && !keyword.text.endsWith("_lane"));
  }
  return /^memory\.(size|grow|fill|copy)$/.test(keyword.text) && /^[$\d]/.test(operand.text);
}

function hasTwoMemories(list: List): boolean {
  if (!isAtom(list.items[0], "module")) return false;
  const isMemory = (item: Expression): boolean =>
    item.kind === "list" &&
    (isAtom(item.items[0], "memory") ||
      (isAtom(item.items[0], "import") &&
        item.items.some((part) => part.kind === "list" && isAtom(part.items[0], "memory"))));
  return list.items.filter(isMemory).length > 1;
}

/** `(local $pair (i32 i64))`, `(mut (i32 i64))`. */
function isTupleType(list: List): boolean {
  return list.items.length >= 2 && list.items[0]?.kind === "atom" && /^[if](32|64)$/.test(list.items[0].text);
}
