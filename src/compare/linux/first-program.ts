/**
 * The Linux guest's first program: it makes ready what Node needs, and becomes Node. A list of system calls with
 * constants, as machine code, so that the guest holds no shell and no second program.
 *
 *   mount proc, load drivers, mount the disk and make it the root, give the network device its address, become an
 *   ordinary user, execute
 *
 * A call that fails is named on the console, and the guest ends.
 *
 * Source: syscalls(2) and the x86-64 table; netdevice(7) for `ifreq`; mount(2).
 *
 * Tests: first-program.test.ts runs one as a process of the host
 */
import { SegmentAccess, writeElf } from "../../image/elf.ts";
import { HandAssembler } from "../../x64/hand-assembler.ts";
import { Condition, R10, R12, R8, RAX, RBP, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { LEA64, SYSCALL } from "../../x64/tables/index.ts";

export const enum Call {
  Write = 1,
  Open = 2,
  Ioctl = 16,
  Socket = 41,
  Execve = 59,
  Exit = 60,
  Chdir = 80,
  Setuid = 105,
  Setgid = 106,
  Chroot = 161,
  Mount = 165,
  FinitModule = 313,
}

/** A number; text, ended by a zero; bytes; or what the last `Open` or `Socket` gave. */
export type Argument = number | string | Uint8Array | typeof LAST_DESCRIPTOR;
export const LAST_DESCRIPTOR = Symbol("last descriptor");

export interface Step {
  readonly call: Call;
  readonly arguments: readonly Argument[];
  /** As the console names it where it fails. */
  readonly name: string;
}

const GIVES_DESCRIPTOR: ReadonlySet<Call> = new Set([Call.Open, Call.Socket]);
const ARGUMENT_REGISTERS = [RDI, RSI, RDX, R10, R8];
const CODE_ADDRESS = 0x1000;
/** Texts lie so far behind the start of the code. */
const DATA_OFFSET = 0x2000;
const STANDARD_OUTPUT = 1;
const FAILED_STATUS = 1;

/** A program that does these steps in order, and then executes `words` with `environment`. */
export function firstProgram(
  steps: readonly Step[],
  words: readonly string[],
  environment: readonly string[],
): Uint8Array {
  const a = new HandAssembler();
  const data = new Data();
  const start = a.label();
  a.bind(start);
  a.ripLabel(LEA64, RBP, start);
  for (const step of steps) {
    emitCall(a, data, step);
    emitCheck(a, data, step.name);
    if (GIVES_DESCRIPTOR.has(step.call)) a.move(R12, RAX);
  }
  emitList(a, data, environment);
  a.move(RDX, RSP);
  emitList(a, data, words);
  a.move(RSI, RSP);
  a.address(RDI, RBP, data.place(words[0]!));
  a.set(RAX, Call.Execve);
  a.none(SYSCALL);
  emitFailure(a, data, `execute ${words[0]}`);
  const { code } = a.finish();
  if (code.length > DATA_OFFSET)
    throw new Error("the guest has more to do than its first program has room for");
  const bytes = new Uint8Array(DATA_OFFSET + data.bytes.length);
  bytes.set(code);
  bytes.set(data.bytes, DATA_OFFSET);
  const access = SegmentAccess.Read | SegmentAccess.Execute;
  return writeElf([{ address: CODE_ADDRESS, bytes, sizeBytes: bytes.length, access }], CODE_ADDRESS);
}

/** What calls point to. */
class Data {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  /** Where it lies, from the start of the code. */
  place(value: string | Uint8Array): number {
    const bytes = typeof value === "string" ? Buffer.from(`${value}\0`) : value;
    const at = DATA_OFFSET + this.#sizeBytes;
    this.#pieces.push(bytes);
    this.#sizeBytes += bytes.length;
    return at;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

function emitCall(a: HandAssembler, data: Data, { call, arguments: given }: Step): void {
  given.forEach((value, index) => {
    const register = ARGUMENT_REGISTERS[index]!;
    if (value === LAST_DESCRIPTOR) a.move(register, R12);
    else if (typeof value === "number") a.set(register, value);
    else a.address(register, RBP, data.place(value));
  });
  a.set(RAX, call);
  a.none(SYSCALL);
}

function emitCheck(a: HandAssembler, data: Data, name: string): void {
  const good = a.label();
  a.test(RAX);
  a.branch(Condition.NotSign, good);
  emitFailure(a, data, name);
  a.bind(good);
}

function emitFailure(a: HandAssembler, data: Data, name: string): void {
  const text = Buffer.from(`first program: could not ${name}\n`);
  emitCall(a, data, { call: Call.Write, arguments: [STANDARD_OUTPUT, text, text.length], name });
  emitCall(a, data, { call: Call.Exit, arguments: [FAILED_STATUS], name });
}

/** Pointers to texts, ended by zero, as `execve` takes them, from rsp up. */
function emitList(a: HandAssembler, data: Data, texts: readonly string[]): void {
  a.set(RAX, 0);
  a.push(RAX);
  for (const text of texts.toReversed()) {
    a.address(RAX, RBP, data.place(text));
    a.push(RAX);
  }
}
