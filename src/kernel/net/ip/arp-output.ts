/**
 * ARP packets that this machine sends: questions and answers (RFC 826).
 */
import { ARP_SIZE, ArpOperation, ArpRepr, emitArp } from "../wire/arp";
import { emitEthernet, ETHERNET_HEADER_SIZE, EtherType } from "../wire/ethernet";
import { hardwareAddress, transmitFrame } from "./link";

const FRAME_SIZE: u32 = ETHERNET_HEADER_SIZE + ARP_SIZE;

const frame: usize = memory.data(48, 8); // FRAME_SIZE is 42
const repr = changetype<ArpRepr>(memory.data(32, 8));

/** Asks the station `ask` (all of them for the broadcast address) who has `target`. */
export function sendArpRequest(ask: u64, target: u32, from: u32): void {
  repr.operation = ArpOperation.Request;
  repr.sender = from;
  repr.target = target;
  repr.targetHardware = 0;
  sendTo(ask);
}

/** Tells the station `to`, which has the address `target`, that `sender` is here. */
export function sendArpReply(to: u64, target: u32, sender: u32): void {
  repr.operation = ArpOperation.Reply;
  repr.sender = sender;
  repr.target = target;
  repr.targetHardware = to;
  sendTo(to);
}

function sendTo(station: u64): void {
  repr.senderHardware = hardwareAddress();
  emitEthernet(frame, station, repr.senderHardware, EtherType.Arp);
  emitArp(frame + ETHERNET_HEADER_SIZE, repr);
  transmitFrame(frame, FRAME_SIZE);
}
