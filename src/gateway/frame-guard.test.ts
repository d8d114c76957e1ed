import test from "node:test";
import assert from "node:assert/strict";
import { createCable } from "../link/cable.ts";
import { arp, BROADCAST, bytes, ethernet, ipv4, u16, udp, type Bytes } from "../../tools/frames.ts";
import { ip6, ipv6 } from "../../tools/frames6.ts";
import { parseIpv4, parseIpv6 } from "./address.ts";
import { guardFrames } from "./frame-guard.ts";
import { GATEWAY_HARDWARE_ADDRESS as GATEWAY, GUEST_HARDWARE_ADDRESS as GUEST } from "./gateway.ts";

const OTHER = bytes(2, 0, 0, 0, 0, 9);
const [OUR, HIS] = ["10.0.2.15", "10.0.2.9"];

function pass(frame: Bytes, guestAddress6?: bigint): string | undefined {
  const dropped: string[] = [];
  const [guest, outer] = createCable();
  const guarded = guardFrames(outer, {
    guestAddress: parseIpv4(OUR)!,
    guestAddress6,
    guestHardware: GUEST,
    dropped: (what) => dropped.push(what),
  });
  guest.send(frame);
  const taken = guarded.receive();
  assert.equal(taken === undefined, dropped.length === 1, "dropped frames are told, others are not");
  assert.equal(guarded.receive(), undefined);
  return dropped[0];
}

const arpOf = (sender: string, station: Bytes = GUEST, frameStation: Bytes = GUEST, operation = 2) =>
  ethernet(BROADCAST, frameStation, 0x0806, arp({ operation, senderHardware: station, sender, target: OUR }));
const datagram = (source: string, station: Bytes = GUEST, more: object = {}) =>
  ethernet(
    GATEWAY,
    station,
    0x0800,
    ipv4({ source, destination: "192.0.2.1", protocol: 6, payload: bytes(1), ...more }),
  );
const dhcp = (change: Partial<Parameters<typeof udp>[0]> = {}, fragment = 0) => {
  const fields = { source: "0.0.0.0", destination: "255.255.255.255", sourcePort: 68, destinationPort: 67 };
  const all = { ...fields, payload: bytes(1, 2), ...change };
  return datagram(all.source, GUEST, {
    destination: all.destination,
    protocol: 17,
    payload: udp(all),
    fragment,
  });
};

test("the guest's own frames pass", () => {
  for (const frame of [arpOf(OUR), arpOf("0.0.0.0", GUEST, GUEST, 1), datagram(OUR), dhcp()]) {
    assert.equal(pass(frame), undefined);
  }
});

test("a frame in another's name is dropped: station, ARP, IPv4", () => {
  const forged: readonly (readonly [Bytes, string])[] = [
    [datagram(OUR, OTHER), "from station 02:00:00:00:00:09"],
    [datagram(OUR, BROADCAST), "from station ff:ff:ff:ff:ff:ff"],
    [arpOf(OUR, GUEST, OTHER), "from station 02:00:00:00:00:09"],
    [arpOf(OUR, OTHER), "ARP of station 02:00:00:00:00:09"],
    [arpOf(HIS), "ARP of 10.0.2.9"],
    [arpOf("10.0.2.2"), "ARP of 10.0.2.2"],
    [arpOf(HIS, GUEST, GUEST, 1), "ARP of 10.0.2.9"],
    [datagram(HIS), "from 10.0.2.9"],
    [datagram("10.0.2.2"), "from 10.0.2.2"],
    [datagram("0.0.0.0"), "from 0.0.0.0"],
  ];
  for (const [frame, what] of forged) assert.equal(pass(frame), what);
});

test("without an address only DHCP's questions pass", () => {
  const wrong = [
    dhcp({ source: HIS }),
    dhcp({ destination: "192.0.2.1" }),
    dhcp({ destinationPort: 53 }),
    dhcp({ sourcePort: 53 }),
    dhcp({}, 0x2000),
    dhcp({}, 1),
    dhcp().slice(0, 14 + 20 + 3),
  ];
  for (const frame of wrong) assert.match(pass(frame)!, /^from (0\.0\.0\.0|10\.0\.2\.9)$/);
});

test("what the gateway does not speak, and what is no frame, is dropped", () => {
  const six = ipv6({ source: "fe80::1", destination: "ff02::1", protocol: 58, payload: bytes(1) });
  assert.equal(pass(ethernet(BROADCAST, GUEST, 0x86dd, six)), "IPv6");
  assert.equal(pass(bytes(BROADCAST, GUEST, u16(0x8100), 0, 1)), "Ethernet type 8100");
  assert.equal(pass(arpOf(OUR).slice(0, 41)), "ARP cut short");
  assert.equal(pass(datagram(OUR).slice(0, 33)), "IPv4 cut short");
  assert.equal(pass(bytes(1, 2, 3)), "a frame without a header");
});

const OUR6 = "fd53:4b00::15";
const LINK6 = "fe80::5:6:7:8";
const six = (source: string, protocol: number, payload: Bytes, station: Bytes = GUEST) =>
  ethernet(
    GATEWAY,
    station,
    0x86dd,
    ipv6({ source, destination: "ff02::1", protocol, payload, hopLimit: 255 }),
  );
const discovery = (source: string, type: number, target: string, option: number, station: Bytes = GUEST) =>
  six(source, 58, bytes(type, 0, 0, 0, 0, 0, 0, 0, ip6(target), option, 1, station));
const passes6 = (frame: Bytes): string | undefined => pass(frame, parseIpv6(OUR6)!);

test("IPv6: the guest's own frames pass where the cable has it", () => {
  const own = [
    six(OUR6, 6, bytes(1)),
    discovery(OUR6, 135, "fd53:4b00::2", 1),
    discovery(LINK6, 135, "fe80::1", 1),
    six("::", 58, bytes(135, 0, 0, 0, 0, 0, 0, 0, ip6(OUR6))),
    discovery(OUR6, 136, OUR6, 2),
    discovery(LINK6, 136, LINK6, 2),
    six(LINK6, 58, bytes(133, 0, 0, 0, 0, 0, 0, 0, 1, 1, GUEST)),
    six(LINK6, 0, bytes(58, 0, 5, 2, 0, 0, 1, 0, 143)),
  ];
  for (const frame of own) assert.equal(passes6(frame), undefined);
  for (const frame of own) assert.equal(pass(frame), "IPv6", "and nowhere else");
});

test("IPv6: a frame in another's name is dropped: address, station, router", () => {
  const dropped: readonly (readonly [Bytes, string])[] = [
    [six("fd53:4b00::16", 6, bytes(1)), "from fd53:4b00::16"],
    [six("2001:db8::1", 17, bytes(1)), "from 2001:db8::1"],
    [six(LINK6, 17, bytes(1)), `from ${LINK6}`],
    [six("::", 6, bytes(1)), "from ::"],
    [six(OUR6, 6, bytes(1), OTHER), "from station 02:00:00:00:00:09"],
    [discovery("2001:db8::1", 135, "fd53:4b00::2", 1), "discovery from 2001:db8::1"],
    [discovery(OUR6, 136, "fd53:4b00::2", 2), "discovery of fd53:4b00::2"],
    [discovery(OUR6, 136, OUR6, 2, OTHER), "discovery of station 02:00:00:00:00:09"],
    [discovery(OUR6, 135, "fd53:4b00::2", 1, OTHER), "discovery of station 02:00:00:00:00:09"],
    [six(LINK6, 58, bytes(133, 0, 0, 0, 0, 0, 0, 0, 1, 1, OTHER)), "discovery of station 02:00:00:00:00:09"],
    [six(LINK6, 0, bytes(58, 0, 5, 2, 0, 0, 0, 0, 136)), "IPv6 header 0"],
    [six("2001:db8::1", 0, bytes(58, 0, 5, 2, 0, 0, 0, 0, 143)), "IPv6 header 0"],
    [six(LINK6, 0, bytes(58, 1, 5, 2, 0, 0, 0, 0, 143)), "IPv6 header 0"],
    [six(OUR6, 44, bytes(58, 0, 0, 0, 0, 0, 0, 1)), "IPv6 header 44"],
    [discovery(LINK6, 134, "::", 1), "a router's word"],
    [discovery(LINK6, 137, "::", 2), "a router's word"],
    [six(OUR6, 58, bytes(136, 0, 0, 0, 0, 0, 0, 0)), "IPv6 cut short"],
    [six(OUR6, 58, bytes(135, 0, 0, 0, 0, 0, 0, 0, ip6(OUR6), 1, 0, GUEST)), "an option of no length"],
    [ethernet(GATEWAY, GUEST, 0x86dd, bytes(0x60)), "IPv6 cut short"],
  ];
  for (const [frame, what] of dropped) assert.equal(passes6(frame), what);
});
