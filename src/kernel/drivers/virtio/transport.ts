/**
 * Finding a device and coming to terms with it (3.1.1, 4.2.3.1), over MMIO.
 *
 *   reset ─► ACKNOWLEDGE ─► DRIVER ─► features ─► FEATURES_OK ─► queues ─► DRIVER_OK
 *
 * Queues belong between `negotiate` and `run`. Each wait has a limit: a device that is silent is one that lies.
 *
 * Tests: transport.test.ts
 */
import { Register } from "../../../abi/virtio";
import { count, readConfiguration, readRegister, writeRegister } from "../../cpu/device";
import { Fault } from "./fault";
import { ALL_INTERRUPTS, DeviceId, MAGIC, Status, VERSION, VERSION_1 } from "./registers";

/** Readings of the status until a reset must be over. */
const RESET_READS: u32 = 10_000;
/** Readings of a configuration that changes meanwhile. */
const GENERATIONS: u32 = 16;

/** What the device offers that was asked last, and what was agreed on. */
export let offered: u64 = 0;
export let features: u64 = 0;

/** What the last `readMember` read, little-endian. */
export let member: u64 = 0;

/** The first device of this kind, or -1. Others of its kind are left alone. */
export function findDevice(id: DeviceId): i32 {
  const devices = count();
  for (let device = 0; device < devices; device++) {
    if (readRegister(device, Register.Magic) != MAGIC) continue;
    if (readRegister(device, Register.Version) != VERSION) continue;
    if (readRegister(device, Register.DeviceId) == <u32>id) return device;
  }
  return -1;
}

/** Resets the device and agrees on what it offers of `wanted`; without `VERSION_1` there is no agreement. */
export function negotiate(device: i32, wanted: u64): Fault {
  const fault = ask(device);
  return fault == Fault.None ? accept(device, wanted) : fault;
}

/** The first half of `negotiate`, for who wants to see what is `offered`. */
export function ask(device: i32): Fault {
  writeRegister(device, Register.Status, Status.Reset);
  for (let reads: u32 = 0; readRegister(device, Register.Status) != 0; reads++) {
    if (reads == RESET_READS) return Fault.ResetTime;
  }
  writeRegister(device, Register.Status, Status.Acknowledge);
  writeRegister(device, Register.Status, Status.Acknowledge | Status.Driver);
  const low = offeredFeatures(device, 0);
  offered = (offeredFeatures(device, 1) << 32) | low;
  return Fault.None;
}

/** The second half of `negotiate`. */
export function accept(device: i32, wanted: u64): Fault {
  features = offered & (wanted | VERSION_1);
  if ((features & VERSION_1) == 0) return Fault.Features;
  acceptFeatures(device, 0, <u32>features);
  acceptFeatures(device, 1, <u32>(features >> 32));
  writeRegister(device, Register.Status, Status.Acknowledge | Status.Driver | Status.FeaturesOk);
  const agreed = (readRegister(device, Register.Status) & Status.FeaturesOk) != 0;
  return agreed ? Fault.None : Fault.Features;
}

/** The device is live. */
export function run(device: i32): void {
  const status = Status.Acknowledge | Status.Driver | Status.FeaturesOk | Status.DriverOk;
  writeRegister(device, Register.Status, status);
}

/**
 * Ends the interrupt, whatever it was for: the line is free for the next one, and who asks the queues after this
 * misses nothing.
 */
export function acknowledgeInterrupt(device: i32): void {
  writeRegister(device, Register.InterruptAcknowledge, ALL_INTERRUPTS);
}

export function needsReset(device: i32): bool {
  return (readRegister(device, Register.Status) & Status.NeedsReset) != 0;
}

/**
 * Reads `sizeBytes`, up to 8, of the configuration into `member`, all from one generation (2.5.3): false when it never
 * holds still.
 */
export function readMember(device: i32, offset: u32, sizeBytes: u32): bool {
  for (let attempt: u32 = 0; attempt < GENERATIONS; attempt++) {
    const before = readRegister(device, Register.ConfigurationGeneration);
    member = 0;
    for (let index: u32 = 0; index < sizeBytes; index++) {
      member |= (<u64>(readConfiguration(device, offset + index) & 255)) << (<u64>index * 8);
    }
    if (readRegister(device, Register.ConfigurationGeneration) == before) return true;
  }
  return false;
}

function offeredFeatures(device: i32, word: u32): u64 {
  writeRegister(device, Register.DeviceFeaturesSelect, word);
  return <u64>readRegister(device, Register.DeviceFeatures);
}

function acceptFeatures(device: i32, word: u32, bits: u32): void {
  writeRegister(device, Register.DriverFeaturesSelect, word);
  writeRegister(device, Register.DriverFeatures, bits);
}
