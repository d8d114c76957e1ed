/**
 * Seeds from the processor: RDSEED where it is, else RDRAND. Where neither answers, nothing is written.
 *
 * RDRAND is a generator that the same source reseeds; the kernel's own takes 32 bytes of it once.
 */
import { BootFlag, BootInformation } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R8, R9, RAX, RCX, RDX, RSI } from "../../x64/register.ts";
import { MOV8, PAUSE, RDRAND64, RDSEED64, SHR64, TEST32 } from "../../x64/tables/index.ts";
import type { BareState } from "./state.ts";

/** RDSEED may be empty for a while (Intel's guide to the digital random number generator, 5.3). */
const TRIES = 1000;
const WORD_BYTES = 8;

/** rsi: address, rdx: bytes. rax: bytes written, all or none. */
export function emitEntropySeed(a: Shorthand, { information }: BareState): void {
  const [word, retry, drawn, seed, bytes, done, none, absent] = a.labels(8);
  a.loadPlace(R11, Place.State, information);
  a.load(R11, R11, BootInformation.Flags);
  a.ri(TEST32.rmImm32, R11, BootFlag.Rdrand | BootFlag.Rdseed);
  a.branch(Condition.Equal, absent);
  a.move(R10, RDX);
  a.move(R9, RDX);
  a.bind(word);
  a.test(R9);
  a.branch(Condition.Equal, done);
  a.set(RCX, TRIES);
  a.bind(retry);
  a.ri(TEST32.rmImm32, R11, BootFlag.Rdseed);
  a.branch(Condition.NotEqual, seed);
  a.r(RDRAND64, RAX);
  a.branch(Condition.Below, drawn);
  a.jump(none);
  a.bind(seed);
  a.r(RDSEED64, RAX);
  a.branch(Condition.Below, drawn);
  a.bind(none);
  a.none(PAUSE);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, retry);
  a.jump(absent);
  a.bind(drawn);
  a.set(R8, WORD_BYTES);
  a.bind(bytes);
  a.rm(MOV8.rmReg, RAX, RSI, ABSENT, 1, 0);
  a.ri(SHR64.imm8, RAX, 8);
  a.addConstant(RSI, 1);
  a.addConstant(R9, -1);
  a.branch(Condition.Equal, done);
  a.addConstant(R8, -1);
  a.branch(Condition.NotEqual, bytes);
  a.jump(word);
  a.bind(done);
  a.move(RAX, R10);
  a.ret();
  a.bind(absent);
  a.set(RAX, 0);
  a.ret();
}
