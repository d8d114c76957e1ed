/**
 * What ring 3 reads of the boot (`BootInformation`), as far as it is not known before the windows are mapped: the
 * configuration that the VMM loaded as a module, and the time.
 */
import { BootFlag, BootInformation } from "../abi/boot.ts";
import { Condition, R14, R15, RAX, RCX, RDI, RSI } from "../x64/register.ts";
import { AND64, IN8_IMM8, MOV8, OUT8_IMM8 } from "../x64/tables/index.ts";
import type { KeelImage } from "./image-table.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, Entry, INFORMATION, PAGE_BYTES, Window } from "./layout.ts";
import { NO_EXECUTE, type PagingLabels } from "./paging.ts";
import { Port } from "./ports.ts";

/** Changes all registers but rbp and rsp. */
export function emitInformation(a: KeelAssembler, labels: PagingLabels, image: KeelImage): void {
  emitConfiguration(a, labels, image);
  emitRealtimeClock(a);
}

/** The boot module's pages, read-only, behind the boot information. */
function emitConfiguration(a: KeelAssembler, { map }: PagingLabels, image: KeelImage): void {
  const none = a.label();
  const next = a.label();
  const window = Data.Windows + image.informationWindow * Window.Size;
  a.loadData(RCX, Data.ModuleBytes);
  a.test(RCX);
  a.branch(Condition.Equal, none);
  a.loadData(R14, Data.ModuleAddress);
  a.loadData(RDI, window + Window.Base);
  a.addConstant(RDI, PAGE_BYTES);
  a.move(RAX, R14);
  a.ri(AND64.rmImm32, RAX, PAGE_BYTES - 1);
  a.move(R15, RAX);
  a.add(R15, RCX); // bytes left, from the first page's start
  a.add(RAX, RDI);
  a.storeData(INFORMATION + BootInformation.ConfigurationAddress, RAX);
  a.ri(AND64.rmImm32, R14, -PAGE_BYTES);
  a.set64(RAX, NO_EXECUTE | BigInt(Entry.Present | Entry.User));
  a.or(R14, RAX);
  a.bind(next);
  a.move(RSI, R14);
  a.call(map);
  a.addConstant(RDI, PAGE_BYTES);
  a.addConstant(R14, PAGE_BYTES);
  a.addConstant(R15, -PAGE_BYTES);
  a.branch(Condition.Greater, next);
  a.bind(none);
  a.loadData(RAX, Data.Flags);
  a.move(RCX, RAX);
  a.ri(AND64.rmImm32, RCX, BootFlag.Rdrand);
  a.shiftRight(RCX, 1); // what can be drawn was
  a.or(RAX, RCX);
  a.storeData(INFORMATION + BootInformation.Flags, RAX);
}

/** The battery-backed clock, as it stands; whoever needs the time makes sense of it. */
function emitRealtimeClock(a: KeelAssembler): void {
  CLOCK_REGISTERS.forEach((register, index) => {
    a.set(RAX, register);
    a.i(OUT8_IMM8, Port.RealtimeClockIndex);
    a.i(IN8_IMM8, Port.RealtimeClockValue);
    a.data(MOV8.rmReg, RAX, INFORMATION + BootInformation.RealtimeClock + index);
  });
}

/** Seconds, minutes, hours, day, month, year, century, status B (MC146818). */
const CLOCK_REGISTERS = [0, 2, 4, 7, 8, 9, 0x32, 0x0b];
