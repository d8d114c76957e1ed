/**
 * The HTTP client whose exchanges become WebSockets, over the made-up streams of `fetch-bench.ts`. A stream that is handed on
 * is the server part's from then on; there is one at a time.
 */
import { AppEntry } from "../src/abi/entry.ts";
import { assemble } from "./assembly-test.ts";
import { ROOT } from "./fetch-bench-root.ts";
import { FetchBench } from "./fetch-bench.ts";
import { textOf } from "./latin.ts";

/** Of `begin`, in the place of a body's size: the exchange asks for another protocol. */
const SWITCHES = -2;
/** Of `read`: the message is whole. */
const END = -5;

const SOCKET_ROOT = `${ROOT.replace(
  'import { clientOwner as streamOwner } from "./owner";',
  `import { clientOwner } from "./owner";
   let adopter: Owner | null = null;
   function streamOwner(): Owner { return adopter != null ? adopter! : clientOwner(); }
   declare function hand(handle: usize, user: usize): void;`,
)
  .replace(
    "hand(_handle: usize, _owner: Owner, _user: usize): void {}",
    "hand(handle: usize, owner: Owner, user: usize): void { adopter = owner; hand(handle, user); }",
  )
  .replace("startClient();", "startClient(); startConnections(); startWebSockets(); startSwitching();")}
import { connectionsInUse as serverConnectionsInUse, startConnections } from "../connections";
import { startWebSockets } from "../websocket/protocol";
import { socketsInUse } from "../websocket/socket";
import { start as startSwitching } from "../websocket-client/service";
export { adopt } from "../websocket-client/adoption";
export { read as socket_read, poll as socket_poll } from "../websocket/calls";
export { serverConnectionsInUse, socketsInUse };
export function forget(): void { adopter = null; }
`;

export class SocketBench extends FetchBench {
  /** What became of the sockets, and what they received. */
  readonly heard: string[] = [];
  #message = "";

  static override async start(chunks = 256): Promise<SocketBench> {
    const bench = new SocketBench();
    bench.kernel = await assemble("http/client/socket-root.ts", SOCKET_ROOT, bench.imports("socket-root"));
    bench.input = bench.kernel.start(chunks) as number;
    return bench;
  }

  ask(): number {
    return this.begin("GET http://a/\r\n", SWITCHES);
  }

  /** The next server's stream is the client's again. */
  forget(): void {
    this.kernel.forget();
    this.heard.length = 0;
  }

  sockets(): { sockets: number; connections: number } {
    return {
      sockets: this.kernel.socketsInUse() as number,
      connections: this.kernel.serverConnectionsInUse() as number,
    };
  }

  protected override settleOnce(): boolean {
    const told = Boolean(this.kernel.socket_poll());
    return super.settleOnce() || told;
  }

  #read(id: number): string | number {
    const bytes = this.fill(1000, (at, size) => this.call("socket_read", id, at, size));
    return typeof bytes === "number" ? bytes : textOf(bytes);
  }

  /** The message's bytes so far, however they come in pieces. */
  #hear(id: number): void {
    for (;;) {
      const got = this.#read(id);
      if (typeof got === "string") this.#message += got;
      else if (got !== END) return;
      else {
        this.heard.push(this.#message);
        this.#message = "";
      }
    }
  }

  protected override imports(root: string): ReturnType<FetchBench["imports"]> {
    const imports = super.imports(root);
    Object.assign(imports[root]!, {
      hand: (handle: number, user: number) => void (this.streams.get(handle)!.user = user),
    });
    Object.assign(imports["platform"]!, {
      clockRealtime: () => this.time,
      entropySeed: (pointer: number, length: number) => {
        for (let at = 0; at < length; at++) this.kernelMemory()[pointer + at] = at + 1;
        return length;
      },
    });
    return imports;
  }

  protected override enterApp(entry: number, id: number, value: number): boolean {
    if (entry === AppEntry.WebsocketReadable) this.#hear(id);
    else if (entry === AppEntry.WebsocketClosed) {
      this.heard.push(`closed ${value}`);
      this.#message = "";
    } else if (entry !== AppEntry.WebsocketWritable) return super.enterApp(entry, id, value);
    return true;
  }
}
