/**
 * The platform's own network device, for platforms that have the driver on their side of the border.
 */
import { netAddress, netReceive, netTransmit } from "../../cpu/platform";
import { CHUNK_SIZE } from "../../memory/chunk";
import { Device } from "../device";
import { HARDWARE_ADDRESS_SIZE, loadHardwareAddress } from "../wire/ethernet";
import { useDevice } from "./link";

/** The payload of a standard Ethernet frame (RFC 894). */
const ETHERNET_MTU: u32 = 1500;

const scratch: usize = memory.data(8);
// As in output.ts, two bytes put the IP header on a word boundary.
const place: usize = memory.data(2048, 8) + 2;
const CAPACITY: u32 = CHUNK_SIZE - 2;

/** Has the network use the platform's device; before `startLink`. */
export function usePlatformDevice(): void {
  useDevice(new PlatformDevice());
}

class PlatformDevice extends Device {
  receive(): u32 {
    return min(netReceive(place, CAPACITY), CAPACITY);
  }

  frame(): usize {
    return place;
  }

  isChecked(): bool {
    return false;
  }

  release(): void {}

  lend(): usize {
    return 0;
  }

  transmit(pointer: usize, length: u32, _sumFrom: u32, _sumAt: u32): bool {
    return netTransmit(pointer, length) != 0;
  }

  makesChecksums(): bool {
    return false;
  }

  hardwareAddress(): u64 {
    assert(HARDWARE_ADDRESS_SIZE <= 8);
    return netAddress(scratch) == 0 ? 0 : loadHardwareAddress(scratch);
  }

  maximumTransmissionUnit(): u32 {
    return ETHERNET_MTU;
  }
}
