/**
 * One end of an Ethernet cable: the interface that cables and every wrapper around them implement, so that they
 * stack: `tracer(pcap(fault(cable)))`.
 *
 * Frames are whole, from the destination address on, without frame check sequence.
 */
export interface Device {
  /** Sends a copy of `frame`, whose bytes live only during the call: false when the cable takes no more now. */
  send(frame: Uint8Array): boolean;
  /** The next frame that has come, the caller's to keep, or undefined. */
  receive(): Uint8Array | undefined;
  /** Has `listener` called whenever a frame has come to where there was none. One listener; a later one replaces it. */
  onArrival(listener: () => void): void;
}
