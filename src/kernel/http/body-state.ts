/**
 * The chunked coding as a state machine (RFC 9112 section 7.1): `next(state, class)` is one table look-up.
 *
 *   size ; name = value ; name = "quoted" CR LF   content CR LF   ...   0 CR LF   trailer: value CR LF   CR LF
 *
 * As strict as the grammar, and stricter in one point: no blanks in a chunk line, which peers disagree on.
 * What is not in the table below is `Broken`.
 *
 * Tests: conformance.test.ts
 */
export const enum BodyState {
  /** No more comes, or none was declared. */
  End = 0,
  Broken = 1,
  /** Content, counted by `bodyLeft`: of the whole body, or of one chunk. */
  Fixed = 2,
  Content = 3,
  SizeStart = 4,
  Size = 5,
  SizeLf = 6,
  NameStart = 7,
  Name = 8,
  ValueStart = 9,
  Value = 10,
  Quoted = 11,
  Escaped = 12,
  QuotedEnd = 13,
  ContentCr = 14,
  ContentLf = 15,
  TrailerStart = 16,
  TrailerName = 17,
  TrailerValue = 18,
  TrailerLf = 19,
  LastLf = 20,
}
const STATES: usize = 21;

const enum Class {
  Bad = 0,
  Hex = 1,
  Token = 2,
  Cr = 3,
  Lf = 4,
  Semicolon = 5,
  Equals = 6,
  Quote = 7,
  Backslash = 8,
  Colon = 9,
  /** Blanks, other delimiters, bytes beyond ASCII. */
  Text = 10,
}
const CLASS_BITS: usize = 4;

const TOKENS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEXES = "0123456789abcdefABCDEF";

const classes: usize = memory.data(256);
const table: usize = memory.data(336); // STATES << CLASS_BITS

export function nextBodyState(state: BodyState, character: u8): BodyState {
  return load<u8>(table + ((<usize>state) << CLASS_BITS) + load<u8>(classes + character));
}

export function startBodyStates(): void {
  startClasses();
  memory.fill(table, <u8>BodyState.Broken, STATES << CLASS_BITS);
  on(BodyState.SizeStart, Class.Hex, BodyState.Size);
  on(BodyState.Size, Class.Hex, BodyState.Size);
  startExtensions();
  on(BodyState.ContentCr, Class.Cr, BodyState.ContentLf);
  on(BodyState.ContentLf, Class.Lf, BodyState.SizeStart);
  onToken(BodyState.TrailerStart, BodyState.TrailerName);
  on(BodyState.TrailerStart, Class.Cr, BodyState.LastLf);
  onToken(BodyState.TrailerName, BodyState.TrailerName);
  on(BodyState.TrailerName, Class.Colon, BodyState.TrailerValue);
  onText(BodyState.TrailerValue, BodyState.TrailerValue);
  on(BodyState.TrailerValue, Class.Cr, BodyState.TrailerLf);
  on(BodyState.TrailerLf, Class.Lf, BodyState.TrailerStart);
  on(BodyState.LastLf, Class.Lf, BodyState.End);
}

/** RFC 9112 section 7.1.1. Where a part may end, the next extension or the line's end may follow. */
function startExtensions(): void {
  onPartEnd(BodyState.Size);
  on(BodyState.SizeLf, Class.Lf, BodyState.Content); // the decoder makes it TrailerStart after the last chunk
  onToken(BodyState.NameStart, BodyState.Name);
  onToken(BodyState.Name, BodyState.Name);
  on(BodyState.Name, Class.Equals, BodyState.ValueStart);
  onPartEnd(BodyState.Name);
  onToken(BodyState.ValueStart, BodyState.Value);
  onToken(BodyState.Value, BodyState.Value);
  onPartEnd(BodyState.Value);
  on(BodyState.ValueStart, Class.Quote, BodyState.Quoted);
  onText(BodyState.Quoted, BodyState.Quoted);
  on(BodyState.Quoted, Class.Quote, BodyState.QuotedEnd);
  on(BodyState.Quoted, Class.Backslash, BodyState.Escaped);
  onText(BodyState.Escaped, BodyState.Quoted);
  onPartEnd(BodyState.QuotedEnd);
}

function onPartEnd(state: BodyState): void {
  on(state, Class.Semicolon, BodyState.NameStart);
  on(state, Class.Cr, BodyState.SizeLf);
}

function onToken(state: BodyState, next: BodyState): void {
  on(state, Class.Hex, next);
  on(state, Class.Token, next);
}

function onText(state: BodyState, next: BodyState): void {
  onToken(state, next);
  for (let group = <u32>Class.Semicolon; group <= <u32>Class.Text; group++) on(state, group, next);
}

function on(state: BodyState, group: u32, next: BodyState): void {
  store<u8>(table + ((<usize>state) << CLASS_BITS) + group, <u8>next);
}

function startClasses(): void {
  memory.fill(classes + 0x80, <u8>Class.Text, 0x80);
  memory.fill(classes + 0x20, <u8>Class.Text, 0x5f);
  classify("\t", Class.Text);
  classify(TOKENS, Class.Token);
  classify(HEXES, Class.Hex);
  classify("\r", Class.Cr);
  classify("\n", Class.Lf);
  classify(";", Class.Semicolon);
  classify("=", Class.Equals);
  classify('"', Class.Quote);
  classify("\\", Class.Backslash);
  classify(":", Class.Colon);
}

function classify(characters: string, group: u32): void {
  for (let index = 0; index < characters.length; index++) {
    store<u8>(classes + characters.charCodeAt(index), <u8>group);
  }
}
