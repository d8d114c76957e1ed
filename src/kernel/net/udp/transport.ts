/**
 * UDP between the network and the owners of ports (RFC 768, RFC 1122 4.1).
 *
 * Senders build in place: `openUdp` says where the payload goes in the frame that will leave, `sendUdp` seals it.
 *
 * Tests: udp.test.ts
 */
import { load16be } from "../../memory/bytes";
import { refusePort } from "../ip/input";
import { network } from "../ip/network";
import { Flow, isChecked, isIpv4, PROTOCOL_UDP, pseudoHeaderSum, Transport } from "../layer";
import { checkUdp, datagramLength, emitUdp, UDP_HEADER_SIZE, UdpHeader, UdpResult } from "../wire/udp";
import { bindingOf, ownerOfAny } from "./port-table";

let malformed: u32 = 0;
let header: usize = 0;

/** How many datagrams were dropped for a wrong length or checksum. */
export function malformedDatagrams(): u32 {
  return malformed;
}

/** Starts a datagram on `flow`: where its payload goes, 0 without a route. Nothing else may be opened before it is sent. */
export function openUdp(flow: Flow): usize {
  header = network().open(flow, PROTOCOL_UDP);
  return header == 0 ? 0 : header + UDP_HEADER_SIZE;
}

/** Sends the open datagram with `length` bytes of payload, from and to the ports of `flow`. */
export function sendUdp(flow: Flow, length: u32): void {
  const whole = UDP_HEADER_SIZE + length;
  emitUdp(header, flow.localPort, flow.remotePort, whole, pseudoHeaderSum(flow, PROTOCOL_UDP, 0));
  network().send(whole);
}

/** The longest payload that leaves in one frame. */
export function maximumUdpPayload(flow: Flow): u32 {
  return network().maximumPayload(flow) - UDP_HEADER_SIZE;
}

@final
export class UdpTransport extends Transport {
  receive(flow: Flow, pointer: usize, length: u32): void {
    const result = checkUdp(pointer, length, pseudoHeaderSum(flow, PROTOCOL_UDP, 0), isChecked());
    if (result != UdpResult.Ok) {
      malformed++;
      return;
    }
    const datagram = changetype<UdpHeader>(pointer);
    // Only IPv4 lets a sender do without (RFC 8200 8.1).
    if (datagram.checksum == 0 && !isIpv4(flow.remoteHigh, flow.remoteLow)) {
      malformed++;
      return;
    }
    flow.localPort = datagram.destinationPort;
    flow.remotePort = datagram.sourcePort;
    const payload = pointer + UDP_HEADER_SIZE;
    const payloadLength = datagramLength - UDP_HEADER_SIZE;
    const binding = bindingOf(flow.localPort);
    if (binding != null) {
      binding.owner.received(binding.user, flow, payload, payloadLength);
      return;
    }
    const any = ownerOfAny();
    if (any != null) any.received(0, flow, payload, payloadLength);
    else refusePort();
  }

  unreachable(flow: Flow, pointer: usize, _length: u32, mtu: u32): void {
    // Too big for a later link: the sender's matter, and no sign that nobody is there.
    if (mtu != 0) return;
    flow.localPort = load16be(pointer);
    flow.remotePort = load16be(pointer, 2);
    const binding = bindingOf(flow.localPort);
    if (binding != null) {
      binding.owner.refused(binding.user, flow);
      return;
    }
    const any = ownerOfAny();
    if (any != null) any.refused(0, flow);
  }
}
