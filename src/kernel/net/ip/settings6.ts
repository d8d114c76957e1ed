/**
 * What the configuration says of IPv6; without `net.address6` there is none.
 *
 *   net.address6=2001:db8::15/64   a static address, beside the link-local one
 *   net.address6=auto              addresses in the prefixes that routers announce
 *   net.gateway6=fe80::1           where datagrams for other networks go, for a static address
 */
import { find, valueLength, valuePointer } from "../../configuration";
import { panic } from "../../cpu/panic";
import { NEVER } from "../../time/never";
import { isUnicast6 } from "../wire/ipv6";
import { parseIpv6Network, parseIpv6Text, textHigh, textLow, textPrefix } from "../wire/ipv6-text";
import { setPrefix, setRouter } from "./address6";
import { adopt, startAutoconfiguration } from "./autoconfiguration";
import { hardwareAddress } from "./link";

/** "auto", as bytes in memory. */
const AUTO: u32 = 0x6f74_7561;

/** Begins to take the addresses that are asked for; after the link has started. */
export function start6(): void {
  if (!find("net.address6")) return;
  const auto = valueLength == 4 && load<u32>(valuePointer) == AUTO;
  if (!auto && !(parseIpv6Network(valuePointer, valueLength) && isUnicast6(textHigh, textLow))) {
    panic("configuration: net.address6 is neither auto nor of the form 2001:db8::15/64");
  }
  if (hardwareAddress() == 0) return;
  startAutoconfiguration(auto);
  if (auto) return;
  setPrefix(textHigh, textLow, textPrefix, NEVER);
  adopt(textHigh, textLow);
  if (!find("net.gateway6")) return;
  if (!parseIpv6Text(valuePointer, valueLength)) panic("configuration: net.gateway6 is not an IPv6 address");
  setRouter(textHigh, textLow, NEVER);
}
