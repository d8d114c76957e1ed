/**
 * S-expressions of WebAssembly's text format (Wasm 2.0 core, 6.3), as far as test scripts need them: lists, atoms
 * and strings with their positions. What an atom means is for others to say.
 *
 * A source is a string with one character a byte ("latin1"), because scripts carry bytes that are no UTF-8;
 * so positions are bytes too, and the string of a quoted name is its UTF-8.
 *
 * Tests: expression.test.ts
 */
export type Expression = List | Atom | Text;

export interface List {
  readonly kind: "list";
  readonly items: readonly Expression[];
  readonly start: number;
  /** One past the closing parenthesis. */
  readonly end: number;
}

export interface Atom {
  readonly kind: "atom";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Text {
  readonly kind: "string";
  /** Unescaped, one character a byte. */
  readonly bytes: string;
  readonly start: number;
  readonly end: number;
}

export class ExpressionError extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = "ExpressionError";
    this.position = position;
  }
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * An annotation `(@id ...)` is dropped where it stands, as the specification asks of tools that do not know it,
 * and noted in `annotations`.
 */
export function readExpressions(source: string, annotations: Span[] = []): Expression[] {
  return [...expressionsOf(source, annotations)];
}

/** As `readExpressions`, but gives what stands before an error before it throws. */
export function* expressionsOf(source: string, annotations: Span[] = []): Generator<Expression> {
  const reader = new Reader(source, annotations);
  for (;;) {
    const expression = reader.next();
    if (expression === undefined) return;
    yield expression;
  }
}

const DEPTH_LIMIT = 10_000;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const AT = 0x40;
const BACKSLASH = 0x5c;

class Reader {
  readonly #source: string;
  readonly #annotations: Span[];
  #position = 0;

  constructor(source: string, annotations: Span[]) {
    this.#source = source;
    this.#annotations = annotations;
  }

  /** The next expression outside all lists. */
  next(): Expression | undefined {
    const open: { start: number; items: Expression[]; annotation: boolean }[] = [];
    let annotations = 0;
    for (;;) {
      this.#skipSpace();
      const start = this.#position;
      if (start >= this.#source.length) {
        if (open.length > 0) throw new ExpressionError(open.at(-1)!.start, "unclosed parenthesis");
        return undefined;
      }
      const code = this.#source.charCodeAt(start);
      let done: Expression;
      if (code === OPEN) {
        if (open.length === DEPTH_LIMIT) throw new ExpressionError(start, "parentheses nested too deeply");
        const annotation = this.#source.charCodeAt(start + 1) === AT;
        if (annotation) annotations++;
        open.push({ start, items: [], annotation });
        this.#position++;
        continue;
      } else if (code === CLOSE) {
        const list = open.pop();
        if (list === undefined)
          throw new ExpressionError(start, "closing parenthesis without an opening one");
        this.#position++;
        if (list.annotation) {
          annotations--;
          if (annotations === 0) this.#annotations.push({ start: list.start, end: this.#position });
          continue;
        }
        done = { kind: "list", items: list.items, start: list.start, end: this.#position };
      } else {
        done = code === QUOTE ? this.#string() : this.#atom(annotations > 0);
      }
      const parent = open.at(-1);
      if (parent === undefined) return done;
      parent.items.push(done);
    }
  }

  #skipSpace(): void {
    const source = this.#source;
    for (;;) {
      const code = source.charCodeAt(this.#position);
      if (code === SPACE || code === LINE_FEED || code === TAB || code === RETURN) this.#position++;
      else if (code === SEMICOLON && source.charCodeAt(this.#position + 1) === SEMICOLON) this.#skipLine();
      else if (code === OPEN && source.charCodeAt(this.#position + 1) === SEMICOLON) this.#skipBlockComment();
      else return;
    }
  }

  #skipLine(): void {
    while (this.#position < this.#source.length) {
      const code = this.#source.charCodeAt(this.#position++);
      if (code === LINE_FEED || code === RETURN) return;
    }
  }

  #skipBlockComment(): void {
    const start = this.#position;
    let depth = 0;
    do {
      const pair = this.#source.slice(this.#position, this.#position + 2);
      if (pair.length < 2) throw new ExpressionError(start, "unclosed comment");
      if (pair === "(;") depth++;
      else if (pair === ";)") depth--;
      this.#position += pair === "(;" || pair === ";)" ? 2 : 1;
    } while (depth > 0);
  }

  /** Up to the next delimiter. The quoted name of an identifier, `$"..."`, belongs to it, in its plain spelling. */
  #atom(inAnnotation: boolean): Atom {
    const source = this.#source;
    const start = this.#position;
    while (this.#position < source.length) {
      const code = source.charCodeAt(this.#position);
      if (code <= SPACE || code === OPEN || code === CLOSE || code === QUOTE || code === SEMICOLON) break;
      this.#position++;
    }
    const text = source.slice(start, this.#position);
    if (text === "$" && source.charCodeAt(this.#position) === QUOTE) {
      const name = this.#string().bytes;
      if (name === "") throw new ExpressionError(start, "empty identifier");
      return { kind: "atom", text: `$${name}`, start, end: this.#position };
    }
    if (text === "") {
      if (!inAnnotation)
        throw new ExpressionError(start, `unexpected character ${JSON.stringify(source[start])}`);
      this.#position++; // an annotation may hold any token
    }
    return { kind: "atom", text, start, end: this.#position };
  }

  #string(): Text {
    const source = this.#source;
    const start = this.#position;
    let bytes = "";
    let plainFrom = start + 1;
    for (let at = start + 1; at < source.length;) {
      const code = source.charCodeAt(at);
      if (code === QUOTE) {
        bytes += source.slice(plainFrom, at);
        this.#position = at + 1;
        return { kind: "string", bytes, start, end: this.#position };
      }
      if (code === LINE_FEED) break;
      if (code !== BACKSLASH) {
        at++;
        continue;
      }
      const escape = readEscape(source, at);
      bytes += source.slice(plainFrom, at) + escape.bytes;
      at = escape.end;
      plainFrom = at;
    }
    throw new ExpressionError(start, "unclosed string");
  }
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  t: "\t",
  n: "\n",
  r: "\r",
  '"': '"',
  "'": "'",
  "\\": "\\",
};

function readEscape(source: string, start: number): { bytes: string; end: number } {
  const letter = source[start + 1] ?? "";
  const named = NAMED_ESCAPES[letter];
  if (named !== undefined) return { bytes: named, end: start + 2 };
  const byte = source.slice(start + 1, start + 3);
  if (/^[0-9a-fA-F]{2}$/.test(byte))
    return { bytes: String.fromCharCode(parseInt(byte, 16)), end: start + 3 };
  const scalar = /^u\{([0-9a-fA-F][0-9a-fA-F_]{0,15})\}/.exec(source.slice(start + 1, start + 20));
  if (scalar === null) throw new ExpressionError(start, "unknown escape in a string");
  const code = parseInt(scalar[1]!.replaceAll("_", ""), 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw new ExpressionError(start, "an escape that is no Unicode scalar value");
  }
  const bytes = Buffer.from(String.fromCodePoint(code)).toString("latin1");
  return { bytes, end: start + 1 + scalar[0].length };
}

/** Of a position in a source; the first line is 1. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(source: string) {
    for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  at(position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= position) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}
