/**
 * The network device as the network wants it: whole Ethernet frames in and out, nothing waits.
 *
 * Drivers, the platform's own device, tracers and fault injectors all implement it, so they stack.
 */
export abstract class Device {
  /** Takes one received frame, at most `capacity` bytes: its length, 0 when there is none. */
  abstract receive(pointer: usize, capacity: u32): u32;

  /** Sends one frame, without frame check sequence. False: the device is full, try later. */
  abstract transmit(pointer: usize, length: u32): bool;

  /** The device's address, 48 bits; 0: there is no device. */
  abstract hardwareAddress(): u64;

  /** The longest Ethernet payload it carries, in bytes. */
  abstract maximumTransmissionUnit(): u32;
}
