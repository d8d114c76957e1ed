/**
 * Respells module text of other times and tools for the assembler: what stood in the text format before Wasm 1.0
 * and in Binaryen's dialect of it, and abbreviations of Wasm 3.0 that mean the same in 2.0. Only for text that the
 * assembler has refused as it stands.
 *
 *   (block i32 ...)            (block (result i32) ...), the same for loop and if
 *   (if A B C)                 (if A (then B) (else C))
 *   infinity                   inf
 *   (elem $table (i32.const    (elem (table $table) (i32.const
 *   (memory $m (shared 1 2))   (memory $m 1 2 shared)
 *   (ref null func)            funcref, and externref
 *   $"a name"                  $name_61206e616d65
 *   (@annotation ...)          nothing
 *
 * Tests: legacy-text.test.ts
 */
import { readExpressions, type Atom, type Expression, type List, type Span } from "./expression.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Throws `ExpressionError` for text that is no s-expression. */
export function respell(source: string): string {
  const annotations: Span[] = [];
  const expressions = readExpressions(source, annotations);
  const edits: Edit[] = annotations.map((span) => ({ ...span, text: " " }));
  const tables = new Set<string>();
  visit(expressions, (list) => {
    const name = list.items[1];
    if (isAtom(list.items[0], "table") && name?.kind === "atom" && name.text.startsWith("$"))
      tables.add(name.text);
  });
  visit(expressions, (list) => {
    respellBlock(list, edits);
    respellIf(list, edits);
    respellElements(list, tables, edits);
    respellShared(list, edits);
    respellReference(list, edits);
    for (const item of list.items) if (item.kind === "atom") respellAtom(item, source, edits);
  });
  return apply(source, edits);
}

function visit(expressions: readonly Expression[], use: (list: List) => void): void {
  for (const expression of expressions) {
    if (expression.kind !== "list") continue;
    use(expression);
    visit(expression.items, use);
  }
}

function apply(source: string, edits: Edit[]): string {
  // Insertions at one place keep their order; outer lists come first.
  edits.sort((left, right) => left.start - right.start);
  let result = "";
  let at = 0;
  for (const edit of edits) {
    if (edit.start < at) continue;
    result += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + source.slice(at);
}

function isAtom(expression: Expression | undefined, text?: string): expression is Atom {
  return expression?.kind === "atom" && (text === undefined || expression.text === text);
}

function isList(expression: Expression | undefined, head?: string): expression is List {
  return expression?.kind === "list" && (head === undefined || isAtom(expression.items[0], head));
}

/** A block type that is a bare value type, after an optional label. */
function respellBlock(list: List, edits: Edit[]): void {
  if (!["block", "loop", "if"].some((head) => isAtom(list.items[0], head))) return;
  const second = list.items[1];
  const type = isAtom(second) && second.text.startsWith("$") ? list.items[2] : second;
  if (isAtom(type) && /^([if](32|64)|v128)$/.test(type.text)) {
    edits.push({ start: type.start, end: type.end, text: `(result ${type.text})` });
  }
}

function respellIf(list: List, edits: Edit[]): void {
  if (!isAtom(list.items[0], "if")) return;
  const operands = list.items
    .filter((item) => item.kind === "list")
    .filter((list) => !["result", "param", "type"].some((head) => isAtom(list.items[0], head)));
  const [condition, yes, no] = operands;
  if (condition === undefined || yes === undefined || operands.length > 3) return;
  if (operands.some((operand) => ["then", "else"].some((head) => isAtom(operand.items[0], head)))) return;
  edits.push({ start: yes.start, end: yes.start, text: "(then " });
  edits.push({ start: yes.end, end: yes.end, text: ")" });
  if (no === undefined) return;
  edits.push({ start: no.start, end: no.start, text: "(else " });
  edits.push({ start: no.end, end: no.end, text: ")" });
}

function respellElements(list: List, tables: ReadonlySet<string>, edits: Edit[]): void {
  const name = list.items[1];
  if (!isAtom(list.items[0], "elem") || !isAtom(name) || !tables.has(name.text)) return;
  if (!isList(list.items[2]) || isList(list.items[2], "table")) return;
  edits.push({ start: name.start, end: name.end, text: `(table ${name.text})` });
}

function respellShared(list: List, edits: Edit[]): void {
  if (!isAtom(list.items[0], "memory")) return;
  for (const item of list.items) {
    if (!isList(item, "shared")) continue;
    const limits = item.items.slice(1).map((limit) => (isAtom(limit) ? limit.text : ""));
    edits.push({ start: item.start, end: item.end, text: `${limits.join(" ")} shared` });
  }
}

function respellReference(list: List, edits: Edit[]): void {
  const [reference, nullable, heap] = list.items;
  if (list.items.length !== 3 || !isAtom(reference, "ref") || !isAtom(nullable, "null")) return;
  if (!isAtom(heap, "func") && !isAtom(heap, "extern")) return;
  edits.push({ start: list.start, end: list.end, text: `${heap.text}ref` });
}

function respellAtom(atom: Atom, source: string, edits: Edit[]): void {
  if (/^[+-]?infinity$/.test(atom.text)) {
    edits.push({ start: atom.start, end: atom.end, text: atom.text.replace("infinity", "inf") });
  } else if (source.startsWith('$"', atom.start)) {
    // A name that needs no quotes is the same identifier without them.
    const plain = /^\$[\w!#$%&'*+\-./:<=>?@\\^`|~]+$/.test(atom.text);
    const text = plain ? atom.text : `$name_${Buffer.from(atom.text.slice(1), "latin1").toString("hex")}`;
    edits.push({ start: atom.start, end: atom.end, text });
  }
}
