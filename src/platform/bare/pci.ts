/** Devices over PCI (virtio 1.2, 4.1): structures in the device's memory, found by `pci-bus.ts`. */
import { Register } from "../../abi/virtio.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R9, RAX, RCX, RDX } from "../../x64/register.ts";
import { AND64, IMUL64, MOV16, MOV32, MOV8, MOVZX16TO32, MOVZX8TO32 } from "../../x64/tables/index.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { storeAddresses } from "./mmio.ts";
import { Device, Queue } from "./state.ts";
import type { Transport } from "./transport.ts";

/** The common configuration structure (4.1.4.3). */
const enum Common {
  DeviceFeaturesSelect = 0,
  DeviceFeatures = 4,
  DriverFeaturesSelect = 8,
  DriverFeatures = 12,
  MsixConfiguration = 16,
  Status = 20,
  Generation = 21,
  QueueSelect = 22,
  QueueSize = 24,
  QueueMsixVector = 26,
  QueueEnable = 28,
  QueueNotifyOffset = 30,
  QueueDescriptors = 32,
  QueueDriver = 40,
  QueueDevice = 48,
}
/** The one entry of the device's MSI-X table that is set up, and none. */
const VECTOR = 0;
const NO_VECTOR = 0xffff;
const NOTIFICATION_BYTES = 2;
const PAGE_BYTES = 4096;
/** That is looked at. */
export const COMMON_BYTES = 56;

const MAGIC = 0x7472_6976;
const VERSION = 2;

export const PCI: Transport = {
  read(a) {
    a.load(R10, R11, Device.Registers);
    choose(a, [
      [Register.Magic, () => a.set(RAX, MAGIC)],
      [Register.Version, () => a.set(RAX, VERSION)],
      [Register.DeviceId, () => a.load32(RAX, R11, Device.Id)],
      [Register.DeviceFeatures, () => a.load32(RAX, R10, Common.DeviceFeatures)],
      [Register.Status, () => a.rm(MOVZX8TO32, RAX, R10, ABSENT, 1, Common.Status)],
      [Register.ConfigurationGeneration, () => a.rm(MOVZX8TO32, RAX, R10, ABSENT, 1, Common.Generation)],
    ]);
    const none = a.label();
    a.addConstant(RDX, -Register.Configuration);
    a.branch(Condition.Less, none);
    a.load(R10, R11, Device.Configuration);
    a.rm(MOV32.regRm, RAX, R10, RDX, 1, 0);
    a.ret();
    a.bind(none);
    a.set(RAX, 0);
    a.ret();
  },
  write(a) {
    a.load(R10, R11, Device.Registers);
    choose(a, [
      [Register.DeviceFeaturesSelect, () => a.store32(R10, Common.DeviceFeaturesSelect, RCX)],
      [Register.DriverFeaturesSelect, () => a.store32(R10, Common.DriverFeaturesSelect, RCX)],
      [Register.DriverFeatures, () => a.store32(R10, Common.DriverFeatures, RCX)],
      [Register.Status, () => a.rm(MOV8.rmReg, RCX, R10, ABSENT, 1, Common.Status)],
    ]);
    a.ret(); // an interrupt by message needs no acknowledgement
  },
  selectQueue(a, refuse) {
    a.load(R10, R11, Device.Registers);
    a.rm(MOV16.rmReg, RDX, R10, ABSENT, 1, Common.QueueSelect);
    a.rm(MOVZX16TO32, R9, R10, ABSENT, 1, Common.QueueSize);
    a.compare(RCX, R9);
    a.branch(Condition.Above, refuse);
    a.rm(MOVZX16TO32, R9, R10, ABSENT, 1, Common.QueueEnable);
    a.test(R9);
    a.branch(Condition.NotEqual, refuse);
    // The device says where in its structure: not beyond the page of it that is mapped, and once.
    a.rm(MOVZX16TO32, R9, R10, ABSENT, 1, Common.QueueNotifyOffset);
    a.rm(IMUL64.regRm, R9, R11, ABSENT, 1, Device.NotifyMultiplier);
    a.load(R10, R11, Device.Notify);
    a.add(R9, R10);
    a.store(R11, Device.NextNotify, R9);
    a.ri(AND64.rmImm32, R10, -PAGE_BYTES);
    a.subtract(R9, R10);
    a.compareConstant(R9, PAGE_BYTES - NOTIFICATION_BYTES);
    a.branch(Condition.Above, refuse);
  },
  enableQueue(a) {
    a.load(R10, R11, Device.Registers);
    a.rm(MOV16.rmReg, RCX, R10, ABSENT, 1, Common.QueueSize);
    a.mi(MOV16.rmImm16, R10, ABSENT, 1, Common.MsixConfiguration, NO_VECTOR);
    a.mi(MOV16.rmImm16, R10, ABSENT, 1, Common.QueueMsixVector, VECTOR);
    storeAddresses(a, R10, [Common.QueueDescriptors, Common.QueueDriver, Common.QueueDevice]);
    a.load(R9, R11, Device.NextNotify);
    a.store(RAX, Queue.Notify, R9);
    a.mi(MOV16.rmImm16, R10, ABSENT, 1, Common.QueueEnable, 1);
  },
  notify(a) {
    a.rm(MOV16.rmReg, RAX, R10, ABSENT, 1, 0);
    a.ret();
  },
};

/** rdx: a register. Does what stands beside it, and returns; falls through for any other. */
function choose(a: Shorthand, cases: readonly (readonly [Register, () => void])[]): void {
  for (const [register, emit] of cases) {
    const other = a.label();
    a.compareConstant(RDX, register);
    a.branch(Condition.NotEqual, other);
    emit();
    a.ret();
    a.bind(other);
  }
}
