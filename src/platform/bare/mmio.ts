/** Devices over MMIO (virtio 1.2, 4.2): registers where drivers name them. */
import { Register } from "../../abi/virtio.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { LEA64, MOV32, SHR64 } from "../../x64/tables/index.ts";
import { Device, Queue } from "./state.ts";
import type { Transport } from "./transport.ts";

export const MMIO: Transport = {
  read(a) {
    a.load(R11, R11, Device.Registers);
    a.rm(MOV32.regRm, RAX, R11, RDX, 1, 0);
    a.ret();
  },
  write(a) {
    a.load(R11, R11, Device.Registers);
    a.rm(MOV32.rmReg, RCX, R11, RDX, 1, 0);
    a.ret();
  },
  selectQueue(a, refuse) {
    a.load(R10, R11, Device.Registers);
    a.store32(R10, Register.QueueSelect, RDX);
    a.load32(R9, R10, Register.QueueSizeMaximum);
    a.compare(RCX, R9);
    a.branch(Condition.Above, refuse);
    a.load32(R9, R10, Register.QueueReady);
    a.test(R9);
    a.branch(Condition.NotEqual, refuse);
  },
  enableQueue(a) {
    a.load(R10, R11, Device.Registers);
    a.rm(LEA64, R11, R10, ABSENT, 1, Register.QueueNotify);
    a.store(RAX, Queue.Notify, R11);
    a.store32(R10, Register.QueueSize, RCX);
    storeAddresses(a, R10, [Register.QueueDescriptors, Register.QueueDriver, Register.QueueDevice]);
    a.set(R9, 1);
    a.store32(R10, Register.QueueReady, R9);
  },
  notify(a) {
    a.store32(R10, 0, RAX);
    a.ret();
  },
};

/** r9, rsi, rdi in two halves each: a device need not take 64 bits at once (4.2.2.2, 4.1.3.1). */
export function storeAddresses(
  a: Shorthand,
  base: number,
  registers: readonly [number, number, number],
): void {
  [R9, RSI, RDI].forEach((address, index) => {
    a.store32(base, registers[index]!, address);
    a.ri(SHR64.imm8, address, 32);
    a.store32(base, registers[index]! + 4, address);
  });
}
