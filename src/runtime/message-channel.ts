/** MessageChannel and MessagePort (HTML Standard, section 9.4): both ports live in this one program. */
import { MessageEvent } from "./events.ts";
import { EventTarget, fire, handlerOf, setHandler, type Listener } from "./event.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { defineTransfer, serialize, type CloneOptions, type Serialized } from "./structured-clone.ts";
import { DOMException } from "./dom-exception.ts";
import { setTimer } from "./timers.ts";

const OWN = Symbol("own");

let makePort: () => MessagePort;
let entangle: (first: MessagePort, second: MessagePort) => void;

export class MessagePort extends EventTarget {
  #other: MessagePort | undefined;
  #waiting: Serialized[] = [];
  #isStarted = false;
  #isDetached = false;

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor: a MessagePort comes from a MessageChannel");
    super();
  }

  static {
    makePort = () => new MessagePort(OWN);
    entangle = (first, second) => {
      first.#other = second;
      second.#other = first;
    };
    defineTransfer(MessagePort, (port) => port.#handOver());
  }

  /** A new port has the peer and the messages of this one. */
  #handOver(): MessagePort {
    if (this.#isDetached) throw new DOMException("The port was transferred before", "DataCloneError");
    const port = makePort();
    port.#waiting = this.#waiting;
    if (this.#other !== undefined) entangle(port, this.#other);
    this.#other = undefined;
    this.#waiting = [];
    this.#isDetached = true;
    return port;
  }

  postMessage(message: unknown, options?: CloneOptions | Iterable<object>): void {
    requireArguments(arguments, 1, "postMessage");
    const isList = options !== undefined && options !== null && Symbol.iterator in options;
    const transfer = [...(isList ? options : ((options as CloneOptions | undefined)?.transfer ?? []))];
    if (transfer.includes(this)) throw new DOMException("A port cannot send itself", "DataCloneError");
    const target = this.#other;
    const data = serialize(message, transfer);
    // A port that is sent to itself is lost, with the message.
    if (target === undefined || transfer.includes(target)) return;
    target.#waiting.push(data);
    target.#deliverLater();
  }

  #deliverLater(): void {
    if (!this.#isStarted) return;
    for (let count = this.#waiting.length; count > 0; count--) setTimer(() => this.#deliver(), 0, false);
  }

  #deliver(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    let data: unknown;
    try {
      data = next.revive();
    } catch {
      fire(this, new MessageEvent("messageerror"));
      return;
    }
    const ports = next.moved.filter((one): one is MessagePort => one instanceof MessagePort);
    fire(this, new MessageEvent("message", { data, ports }));
  }

  start(): void {
    if (this.#isStarted || this.#isDetached) return;
    this.#isStarted = true;
    this.#deliverLater();
  }

  close(): void {
    const other = this.#other;
    this.#other = undefined;
    this.#isDetached = true;
    if (other !== undefined) other.#other = undefined;
  }

  get onmessage(): Listener | null {
    return handlerOf(this, "message");
  }

  set onmessage(value: Listener | null) {
    setHandler(this, "message", value);
    this.start();
  }

  get onmessageerror(): Listener | null {
    return handlerOf(this, "messageerror");
  }

  set onmessageerror(value: Listener | null) {
    setHandler(this, "messageerror", value);
  }
}
nameClass(MessagePort, "MessagePort");

export class MessageChannel {
  readonly #first = makePort();
  readonly #second = makePort();

  constructor() {
    entangle(this.#first, this.#second);
  }

  get port1(): MessagePort {
    return this.#first;
  }

  get port2(): MessagePort {
    return this.#second;
  }
}
nameClass(MessageChannel, "MessageChannel");
