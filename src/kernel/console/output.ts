/**
 * Where the app's lines go: the platform's console, or a device that a driver puts in its place.
 */
import { consoleWrite } from "../cpu/platform";

export abstract class ConsoleDevice {
  /** Writes all bytes to a stream, 1 output or 2 errors: false where this device is not for it. */
  abstract write(stream: i32, pointer: usize, length: u32): bool;
}

let device: ConsoleDevice = changetype<ConsoleDevice>(0);

export function useConsoleDevice(other: ConsoleDevice): void {
  device = other;
}

export function writeConsole(stream: i32, pointer: usize, length: u32): void {
  if (changetype<usize>(device) != 0 && device.write(stream, pointer, length)) return;
  consoleWrite(stream, pointer, length);
}
