/**
 * What a device may lie about, and what becomes of one that does: it is reset, reported on the error console once,
 * and used no more. The machine goes on without it.
 *
 * Nothing that a device was offered is used again: it may go on writing there, whatever it was told.
 */
import { Register } from "../../../abi/virtio";
import { writeRegister } from "../../cpu/device";
import { report } from "../../cpu/report";
import { Status } from "./registers";

export const enum Fault {
  None = 0,
  /** The used index is ahead of what was offered (2.7.8). */
  UsedIndex = 1,
  /** A used id beyond the queue. */
  UsedId = 2,
  /** A used id of a buffer that the device does not have: never offered, or used before. */
  NotOffered = 3,
  /** More bytes written than the buffer has. */
  UsedLength = 4,
  /** Fewer bytes written than what must come first. */
  ShortHeader = 5,
  /** A frame in more buffers than were used with it (5.1.6.4). */
  MissingBuffers = 6,
  /** The device asks for a reset (2.1.2, DEVICE_NEEDS_RESET). */
  NeedsReset = 7,
  /** No end of the reset (4.2.2.1). */
  ResetTime = 8,
  /** It lacks a feature that we need, or took back what it offered (3.1.1). */
  Features = 9,
  /** No such queue, or no room for its rings. */
  Queue = 10,
  /** The configuration changes whenever it is read, or makes no sense. */
  Configuration = 11,
  /** A request without an answer. */
  NoAnswer = 12,
}

/** Stops the device for good and says why. `name` is what it is: "network". */
export function stopDevice(device: i32, name: string, fault: Fault): void {
  writeRegister(device, Register.Status, Status.Reset);
  report("the ");
  report(name);
  report(" device is stopped: ");
  report(textOf(fault));
  report("\n");
}

function textOf(fault: Fault): string {
  switch (fault) {
    case Fault.UsedIndex:
      return "it has used more buffers than it was given";
    case Fault.UsedId:
      return "it has used a buffer that the queue does not have";
    case Fault.NotOffered:
      return "it has used a buffer that it was not given";
    case Fault.UsedLength:
      return "it has written more bytes than the buffer has";
    case Fault.ShortHeader:
      return "it has written fewer bytes than a header";
    case Fault.MissingBuffers:
      return "it has used fewer buffers than the frame says";
    case Fault.NeedsReset:
      return "it asks for a reset";
    case Fault.ResetTime:
      return "it does not come out of its reset";
    case Fault.Features:
      return "it lacks a feature, or refuses what it offered";
    case Fault.Queue:
      return "it lacks a queue, or there is no memory for one";
    case Fault.Configuration:
      return "its configuration makes no sense";
    case Fault.NoAnswer:
      return "it does not answer";
    default:
      return "no reason";
  }
}
