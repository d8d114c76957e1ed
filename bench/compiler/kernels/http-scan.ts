/** Scans the head of an HTTP/1.1 request: a state machine over bytes, with hashes of the names and known fields. */

const enum State {
  Method,
  Target,
  Version,
  NameStart,
  Name,
  ValueStart,
  Value,
  LineEnd,
  End,
  Malformed,
}

const SPACE: u8 = 0x20;
const TAB: u8 = 0x09;
const CR: u8 = 0x0d;
const LF: u8 = 0x0a;
const COLON: u8 = 0x3a;
const CONTENT_LENGTH_HASH: u32 = 0x4df9451d;

const REQUEST =
  "POST /api/v2/customers/18446/orders?expand=lines,address&page=3 HTTP/1.1\r\nHost: shop.example.org\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.5\r\n" +
  "Accept-Encoding: gzip, deflate, br\r\nContent-Type: application/json\r\nContent-Length: 1312\r\n" +
  "Cookie: session=9b2c61f0a7; theme=dark; consent=1\r\nConnection: keep-alive\r\n\r\n";

const bytes = changetype<usize>(String.UTF8.encode(REQUEST));
const length = <usize>String.UTF8.byteLength(REQUEST);

let fieldCount: u32 = 0;
let nameHashes: u32 = 0;
let valueBytes: u32 = 0;
let contentLength: u32 = 0;

function isTokenByte(byte: u8): bool {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte == 0x2d ||
    (byte >= 0x30 && byte <= 0x39)
  );
}

function scan(pointer: usize, end: usize): State {
  let state = State.Method;
  let hash: u32 = 0;
  let number: u32 = 0;
  for (; pointer < end && state < State.End; pointer++) {
    const byte = load<u8>(pointer);
    switch (state) {
      case State.Method:
        if (byte == SPACE) state = State.Target;
        else if (byte < 0x41 || byte > 0x5a) state = State.Malformed;
        break;
      case State.Target:
        if (byte == SPACE) state = State.Version;
        else if (byte < 0x21 || byte == 0x7f) state = State.Malformed;
        break;
      case State.Version:
        if (byte == CR) state = State.LineEnd;
        break;
      case State.NameStart:
        if (byte == CR) {
          state = pointer + 1 < end && load<u8>(pointer + 1) == LF ? State.End : State.Malformed;
          break;
        }
        hash = 0x811c9dc5;
        state = State.Name;
      // falls through: the first byte of a name is one of its bytes
      case State.Name:
        if (byte == COLON) state = State.ValueStart;
        else if (isTokenByte(byte)) hash = (hash ^ (byte | 0x20)) * 0x01000193;
        else state = State.Malformed;
        break;
      case State.ValueStart:
        if (byte == SPACE || byte == TAB) break;
        number = 0;
        state = State.Value;
      // falls through: the first byte of a value is one of its bytes
      case State.Value:
        if (byte != CR) {
          number = number * 10 + (byte - 0x30);
          valueBytes++;
          break;
        }
        if (hash == CONTENT_LENGTH_HASH) contentLength = number;
        nameHashes = rotl(nameHashes, 3) ^ hash;
        fieldCount++;
        state = State.LineEnd;
        break;
      case State.LineEnd:
        state = byte == LF ? State.NameStart : State.Malformed;
        break;
    }
  }
  return state;
}

export function run(n: i32): i64 {
  let ended: u64 = 0;
  for (let round = 0; round < n; round++) {
    if (scan(bytes, bytes + length) == State.End) ended++;
  }
  return (
    (ended << 40) ^
    ((<u64>nameHashes) << 16) ^
    (<u64>fieldCount) ^
    ((<u64>valueBytes) << 8) ^
    ((<u64>contentLength) << 20)
  );
}
