/** What operating systems are made of. Registers that an instruction takes or gives by itself stand beside it. */
import { encoding, extended, Form, integer, RegisterClass, Role, type Encoding } from "../encoding.ts";

const plain = (mnemonic: string, opcode: number, rest: Partial<Encoding> = {}): Encoding =>
  encoding({ mnemonic, opcode, ...rest });
const twoByte = (mnemonic: string, opcode: number, rest: Partial<Encoding> = {}): Encoding =>
  encoding({ mnemonic, map: 1, opcode, ...rest });

export const CLI = plain("cli", 0xfa);
export const STI = plain("sti", 0xfb);
export const HLT = plain("hlt", 0xf4);
export const IRETQ = plain("iretq", 0xcf, { wide: true });
/** Far return with 64-bit operands: rip and cs off the stack. */
export const RETFQ = plain("retf", 0xcb, { wide: true });
/** In 32-bit code: eip and cs off the stack. */
export const RETF = plain("retf", 0xcb);
export const PUSHFQ = plain("pushfq", 0x9c);
export const POPFQ = plain("popfq", 0x9d);

/** rcx = return address, r11 = flags. */
export const SYSCALL = twoByte("syscall", 0x05);
export const SYSRETQ = twoByte("sysretq", 0x07, { wide: true });
export const SWAPGS = twoByte("swapgs", 0x01, { suffix: 0xf8 });
export const CLTS = twoByte("clts", 0x06);
export const WBINVD = twoByte("wbinvd", 0x09);
/** SMAP: may ring 0 touch ring 3's pages? */
export const STAC = twoByte("stac", 0x01, { suffix: 0xcb });
export const CLAC = twoByte("clac", 0x01, { suffix: 0xca });

/** ecx: register; edx:eax: value. */
export const RDMSR = twoByte("rdmsr", 0x32);
export const WRMSR = twoByte("wrmsr", 0x30);
export const XGETBV = twoByte("xgetbv", 0x01, { suffix: 0xd0 });
export const XSETBV = twoByte("xsetbv", 0x01, { suffix: 0xd1 });
/** edx:eax; `rdtscp` also ecx = the processor's number. */
export const RDTSC = twoByte("rdtsc", 0x31);
export const RDTSCP = twoByte("rdtscp", 0x01, { suffix: 0xf9 });
/** eax: leaf, ecx: subleaf; eax ebx ecx edx: answer. */
export const CPUID = twoByte("cpuid", 0xa2);

/** CF is set if the number is good. Not part of x86-64-v2: ask cpuid first. */
const random = (mnemonic: string, extension: number, width: 4 | 8) =>
  extended(mnemonic, width, 0xc7, extension, Role.Write, { map: 1, form: Form.RegisterOnly });
export const RDRAND32 = random("rdrand", 6, 4);
export const RDRAND64 = random("rdrand", 6, 8);
export const RDSEED32 = random("rdseed", 7, 4);
export const RDSEED64 = random("rdseed", 7, 8);

export const MFENCE = twoByte("mfence", 0xae, { suffix: 0xf0 });
export const LFENCE = twoByte("lfence", 0xae, { suffix: 0xe8 });
export const SFENCE = twoByte("sfence", 0xae, { suffix: 0xf8 });

/** Ten bytes of memory: limit (u16), base (u64). */
const descriptorTable = (mnemonic: string, extension: number, rm: Role) =>
  encoding({
    mnemonic,
    map: 1,
    opcode: 0x01,
    extension,
    rm,
    rmClass: RegisterClass.Integer,
    rmBytes: 10,
    form: Form.MemoryOnly,
  });
export const SGDT = descriptorTable("sgdt", 0, Role.Write);
export const SIDT = descriptorTable("sidt", 1, Role.Write);
export const LGDT = descriptorTable("lgdt", 2, Role.Read);
export const LIDT = descriptorTable("lidt", 3, Role.Read);
export const LLDT = extended("lldt", 4, 0x00, 2, Role.Read, { map: 1, rmBytes: 2, rmRegisterBytes: 4 });
export const LTR = extended("ltr", 4, 0x00, 3, Role.Read, { map: 1, rmBytes: 2, rmRegisterBytes: 4 });
/** The page of the address, which is not read. */
export const INVLPG = encoding({
  mnemonic: "invlpg",
  map: 1,
  opcode: 0x01,
  extension: 7,
  rmClass: RegisterClass.Integer,
  form: Form.MemoryOnly,
});

/** `reg`: the control register (0 2 3 4 8). */
const control = (opcode: number, reg: Role, rm: Role) =>
  integer("mov", 4, opcode, reg, rm, {
    map: 1,
    regClass: RegisterClass.Control,
    regBytes: 8,
    rmBytes: 8,
    form: Form.RegisterOnly,
  });
export const MOV_FROM_CONTROL = control(0x20, Role.Read, Role.Write);
export const MOV_TO_CONTROL = control(0x22, Role.Write, Role.Read);
/** `reg`: the segment register (es 0, cs 1, ss 2, ds 3, fs 4, gs 5). */
const segment = (opcode: number, reg: Role, rm: Role) =>
  integer("mov", 4, opcode, reg, rm, {
    regClass: RegisterClass.Segment,
    regBytes: 2,
    rmBytes: 2,
    rmRegisterBytes: 4,
  });
export const MOV_FROM_SEGMENT = segment(0x8c, Role.Read, Role.Write);
export const MOV_TO_SEGMENT = segment(0x8e, Role.Write, Role.Read);

/** Ports: al, ax or eax, with the port in the immediate or in dx. */
export const IN8_IMM8 = plain("in", 0xe4, { immediateBytes: 1 });
export const IN8 = plain("in", 0xec);
export const IN16 = plain("in", 0xed, { prefix: 0x66 });
export const IN32 = plain("in", 0xed);
export const OUT8_IMM8 = plain("out", 0xe6, { immediateBytes: 1 });
export const OUT8 = plain("out", 0xee);
export const OUT16 = plain("out", 0xef, { prefix: 0x66 });
export const OUT32 = plain("out", 0xef);
