/**
 * Writes every frame that passes a device, both ways, as a pcap stream with nanosecond times
 * (draft-ietf-opsawg-pcap, magic 0xa1b23c4d, link type Ethernet).
 *
 * Tests: pcap.test.ts
 */
import type { Device } from "./device.ts";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const VERSION_MAJOR = 2;
const VERSION_MINOR = 4;
const LINK_TYPE_ETHERNET = 1;
const SNAP_LENGTH = 65535;
const FILE_HEADER_SIZE = 24;
const RECORD_HEADER_SIZE = 16;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** Takes the stream's bytes in order; they are the sink's to keep. */
export type PcapSink = (bytes: Uint8Array) => void;

/** `device`, with each frame written to `sink`; `now` gives ns since 1970. */
export function pcap(device: Device, sink: PcapSink, now: () => bigint): Device {
  sink(fileHeader());
  return {
    send(frame) {
      const sent = device.send(frame);
      if (sent) sink(record(frame, now()));
      return sent;
    },
    receive() {
      const frame = device.receive();
      if (frame !== undefined) sink(record(frame, now()));
      return frame;
    },
    onArrival: (listener) => device.onArrival(listener),
  };
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILE_HEADER_SIZE));
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, VERSION_MAJOR, true);
  view.setUint16(6, VERSION_MINOR, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, LINK_TYPE_ETHERNET, true);
  return new Uint8Array(view.buffer);
}

function record(frame: Uint8Array, time: bigint): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_SIZE + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(time / NANOSECONDS_PER_SECOND), true);
  view.setUint32(4, Number(time % NANOSECONDS_PER_SECOND), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame, RECORD_HEADER_SIZE);
  return bytes;
}
