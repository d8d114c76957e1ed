/**
 * The platform's own network device, for platforms that have the driver on their side of the border.
 */
import { netAddress, netReceive, netTransmit } from "../../cpu/platform";
import { Device } from "../device";
import { HARDWARE_ADDRESS_SIZE, loadHardwareAddress } from "../wire/ethernet";

/** The payload of a standard Ethernet frame (RFC 894). */
const ETHERNET_MTU: u32 = 1500;

const scratch: usize = memory.data(8);

export class PlatformDevice extends Device {
  receive(pointer: usize, capacity: u32): u32 {
    return netReceive(pointer, capacity);
  }

  transmit(pointer: usize, length: u32): bool {
    return netTransmit(pointer, length) != 0;
  }

  hardwareAddress(): u64 {
    assert(HARDWARE_ADDRESS_SIZE <= 8);
    return netAddress(scratch) == 0 ? 0 : loadHardwareAddress(scratch);
  }

  maximumTransmissionUnit(): u32 {
    return ETHERNET_MTU;
  }
}
