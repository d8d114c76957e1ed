/** node:tty: no terminal is at a machine's console. */
import { EventEmitter } from "./events.ts";

export const isatty = (): boolean => false;
export class ReadStream extends EventEmitter {}
export class WriteStream extends EventEmitter {}

export default { ReadStream, WriteStream, isatty };
