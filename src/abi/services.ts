/**
 * The services an image can have, as one table: what each needs, which calls it gives to the app, and which
 * entries it calls in the app.
 *
 * An app imports a call as module `<service>`, name `<call>`; the kernel exports it as `<service>_<call>`.
 * Parameter kinds: `in` and `out` are a pointer and a length (two i32) into the *app's* memory that are lent
 * for the length of this call: `in` to be read by the kernel, `out` to be written. Nothing else of the app's
 * memory can be reached by the kernel (see `compartment` in `platform.ts`).
 *
 * A service is in the image exactly when the app imports one of its calls, exports one of its entries, or
 * another service requires it.
 */
import { AppEntry } from "./entry.ts";

export type Kind = "i32" | "i64" | "f64" | "in" | "out";
export type ResultKind = "i32" | "i64" | "f64";

export interface Call {
  readonly parameters: readonly Kind[];
  readonly result?: ResultKind;
}

export interface Service {
  readonly requires: readonly ServiceName[];
  readonly calls: Readonly<Record<string, Call>>;
  readonly entries: readonly AppEntry[];
}

const call = (parameters: readonly Kind[], result?: ResultKind): Call =>
  result === undefined ? { parameters } : { parameters, result };

export const SERVICE_NAMES = [
  "app",
  "console",
  "clock",
  "entropy",
  "ip",
  "udp",
  "tcp",
  "dhcp",
  "ip6",
  "dns",
  "http",
  "fetch",
  "websocket",
  "upgrade",
  "assets",
] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

export const SERVICES: Readonly<Record<ServiceName, Service>> = {
  /** What every image has: start and exit. */
  app: {
    requires: [],
    calls: {
      /** Ends the machine with this status after the current turn. */
      exit: call(["i32"]),
      /** Copies the environment, `NAME=value` lines, returns its whole length in bytes. */
      environment: call(["out"], "i32"),
      /**
       * Whether the running entry has had its processor time: 1. It is ended five of the platform's ticks later, so who asks
       * in time may end it in its own way.
       */
      isOverdue: call([], "i32"),
    },
    entries: [AppEntry.Start],
  },
  console: {
    requires: [],
    calls: {
      /** write(stream, bytes): stream 1 is output, 2 is errors. */
      write: call(["i32", "in"]),
    },
    entries: [],
  },
  clock: {
    requires: [],
    calls: {
      /** Nanoseconds since boot; never goes back. */
      monotonic: call([], "i64"),
      /** Nanoseconds since 1970-01-01T00:00Z. */
      realtime: call([], "i64"),
      /** Sets the app's one alarm to a monotonic time in ns; a negative time clears it. */
      alarm: call(["i64"]),
    },
    entries: [AppEntry.Alarm],
  },
  entropy: {
    requires: [],
    calls: {
      /** Fills the range with random bytes: `Status.Ok`, or `Status.Refused` without a seed. */
      fill: call(["out"], "i32"),
    },
    entries: [],
  },
  ip: {
    requires: ["entropy"],
    calls: {
      /** This machine's address, 16 bytes, IPv4-mapped (RFC 4291 2.5.5.2): `Status.Missing` until set. */
      address: call(["out"], "i32"),
    },
    entries: [AppEntry.NetworkUp],
  },
  udp: {
    requires: ["ip"],
    calls: {
      /** bind(port): socket id. Port 0 draws a random one. */
      bind: call(["i32"], "i32"),
      /** send(socket, address of 16 bytes, port, bytes): `Status`, `Denied` where it is no answer and no grant covers it. */
      send: call(["i32", "in", "i32", "in"], "i32"),
      /** receive(socket, sender: 16 address bytes and 2 port bytes, big-endian; bytes): length or `Status`. */
      receive: call(["i32", "out", "out"], "i32"),
      close: call(["i32"]),
    },
    entries: [AppEntry.UdpReadable],
  },
  tcp: {
    requires: ["ip"],
    calls: {
      listen: call(["i32"], "i32"),
      /** connect(address of 16 bytes, port): connection id or `Status`, `Denied` where no grant covers that end. */
      connect: call(["in", "i32"], "i32"),
      /** read(connection, bytes): length, `Again`, `End` or `Gone`. */
      read: call(["i32", "out"], "i32"),
      /** write(connection, bytes): how many were taken, or `Gone`. */
      write: call(["i32", "in"], "i32"),
      /** No more will be written: sends FIN after what is queued. */
      shutdown: call(["i32"]),
      abort: call(["i32"]),
      /** remote(connection, 16 address bytes and 2 port bytes, big-endian): `Status`. */
      remote: call(["i32", "out"], "i32"),
    },
    entries: [
      AppEntry.TcpAccepted,
      AppEntry.TcpConnected,
      AppEntry.TcpReadable,
      AppEntry.TcpWritable,
      AppEntry.TcpFinished,
      AppEntry.TcpClosed,
    ],
  },
  dhcp: { requires: ["udp"], calls: {}, entries: [] },
  /** IPv6 beside IPv4, for whoever reaches the network by `ip`. */
  ip6: { requires: ["ip"], calls: {}, entries: [] },
  dns: {
    requires: ["udp"],
    calls: {
      /** resolve(name): query id or `Status`, `Denied` for a name of no grant; `DnsAnswered(query, count or Status)` follows. */
      resolve: call(["in"], "i32"),
      /** answer(query, 16-byte addresses): how many were copied. Valid inside `DnsAnswered` only. */
      answer: call(["i32", "out"], "i32"),
    },
    entries: [AppEntry.DnsAnswered],
  },
  http: {
    requires: ["tcp", "clock"],
    calls: {
      /** Starts to answer on this TCP port: `Status`. */
      listen: call(["i32"], "i32"),
      /** The request's `Method`; `Gone` for an id that is finished. */
      method: call(["i32"], "i32"),
      /** The method's token as sent: length, copied up to the range's size. */
      methodName: call(["i32", "out"], "i32"),
      /** The request target as sent: length. */
      target: call(["i32", "out"], "i32"),
      /** header(request, name in any case, value): length or `Missing`; repeated fields joined by ", ". */
      header: call(["i32", "in", "out"], "i32"),
      /** All fields as `name: value\r\n` with names in lower case: length. */
      headers: call(["i32", "out"], "i32"),
      /** 16 address bytes and 2 port bytes, big-endian, of the peer: `Status`. */
      remote: call(["i32", "out"], "i32"),
      /** Body size in bytes, 0 without a body, -1 when it is chunked. */
      bodySize: call(["i32"], "i64"),
      /** read(request, bytes): length, `Again` (`HttpReadable` follows), `End` or `Gone`. */
      read: call(["i32", "out"], "i32"),
      /** respond(request, status, fields as `name: value\r\n`, body): the whole response at once: `Status`. */
      respond: call(["i32", "i32", "in", "in"], "i32"),
      /** begin(request, status, fields, body size or -1 for chunked): `Status`. */
      begin: call(["i32", "i32", "in", "i64"], "i32"),
      /** write(request, bytes): how many were taken (`HttpWritable` follows if fewer), or `Gone`. */
      write: call(["i32", "in"], "i32"),
      /** The body is complete: `Status`. */
      end: call(["i32"], "i32"),
      /** Gives the request up: closes its connection. */
      abort: call(["i32"]),
    },
    entries: [AppEntry.HttpRequest, AppEntry.HttpReadable, AppEntry.HttpWritable, AppEntry.HttpClosed],
  },
  /** HTTP/1.1 as a client: streams are pooled, names resolved. */
  fetch: {
    requires: ["tcp", "dns"],
    calls: {
      /**
       * begin(head, body size; -1: in chunks): the id of an exchange, or `Status`. The head is `GET http://host:port/path`
       * and fields as `name: value`, each line ended by `\r\n`. `FetchHead` or `FetchFailed` follows. Body size -2 asks the
       * server for a WebSocket: see `upgrade`.
       */
      begin: call(["in", "i64"], "i32"),
      /** write(exchange, bytes): how many were taken (`FetchWritable` follows if fewer), or `Gone`. */
      write: call(["i32", "in"], "i32"),
      /** The request's body is complete: `Status`; at `Again`, once more at `FetchWritable`. */
      end: call(["i32"], "i32"),
      /** `status reason\r\n` and all fields as `name: value\r\n` with names in lower case: length, or `Again`. */
      head: call(["i32", "out"], "i32"),
      /** read(exchange, bytes): length, `Again` (`FetchReadable` follows), `Gone`, or `End`: the exchange is over. */
      read: call(["i32", "out"], "i32"),
      /** 16 address bytes and 2 port bytes, big-endian, of the address tried last; also inside `FetchFailed`: `Status`. */
      remote: call(["i32", "out"], "i32"),
      /** Gives the exchange up. */
      abort: call(["i32"]),
    },
    entries: [AppEntry.FetchHead, AppEntry.FetchReadable, AppEntry.FetchWritable, AppEntry.FetchFailed],
  },
  /** Connections of `http` that speak WebSocket (RFC 6455) after their request. */
  websocket: {
    requires: ["http"],
    calls: {
      /**
       * accept(request, fields, message limit in bytes; 0: 1 MiB): the id of a socket, `Refused` for another version than
       * 13, or `Status`. Larger messages end the socket with 1009.
       */
      accept: call(["i32", "in", "i32"], "i32"),
      /**
       * send(socket, opcode: 1 text, 2 binary, 0 more of the last one; plus 0x80 where it is the last; at most 64 KiB; or
       * 0x89 a ping, 0x8a a pong, at most 125 bytes): `Status`; at `Full`, once more at `WebsocketWritable`.
       */
      send: call(["i32", "i32", "in"], "i32"),
      /** The message that is being read: 1 text, 2 binary, 0 none. */
      kind: call(["i32"], "i32"),
      /** read(socket, bytes): length, `End` of the message, `Again` (`WebsocketReadable` follows) or `Gone`. */
      read: call(["i32", "out"], "i32"),
      /** close(socket, code; 1005: none, reason): `WebsocketClosed` follows: `Status`. */
      close: call(["i32", "i32", "in"], "i32"),
      /** Pings and pongs that come are told from now on, by `WebsocketControl`; pings are answered all the same. */
      heed: call(["i32"]),
      /** The peer's reason, inside `WebsocketClosed`; what a ping or pong carries, inside `WebsocketControl`: length. */
      reason: call(["i32", "out"], "i32"),
      /** Ends the socket at once. */
      abort: call(["i32"]),
    },
    entries: [
      AppEntry.WebsocketReadable,
      AppEntry.WebsocketWritable,
      AppEntry.WebsocketClosed,
      AppEntry.WebsocketControl,
    ],
  },
  /** WebSockets to other servers: exchanges of `fetch` whose server answered 101 and proved that it means it. */
  upgrade: {
    requires: ["fetch", "websocket"],
    calls: {
      /** adopt(exchange, message limit in bytes; 0: 1 MiB), once its head has come: the id of a socket, or `Status`. */
      adopt: call(["i32", "i32"], "i32"),
    },
    entries: [],
  },
  /** Files of the image, answered by the kernel itself: before any app is asked, or where an app asks for them. */
  assets: {
    requires: ["http"],
    calls: {
      /** Answers every request on this TCP port, without an app: `Status`. */
      serve: call(["i32"], "i32"),
      /**
       * look(head: `GET /path` and fields as `name: value`, lines ended by `\r\n`; answer as `AssetAnswer`): its length, or
       * `Status`, `Invalid` for a head that is none.
       */
      look: call(["in", "out"], "i32"),
      /** read(from, bytes): what `look` told of; how many were copied. */
      read: call(["i32", "out"], "i32"),
    },
    entries: [],
  },
};

/** The export name behind each `AppEntry`. All take (a: i32, b: i32); unused arguments are 0. */
export const ENTRY_NAMES: readonly string[] = [
  "start",
  "alarm",
  "networkUp",
  "tcpAccepted", // (listener, connection)
  "tcpConnected", // (connection)
  "tcpReadable", // (connection)
  "tcpWritable", // (connection)
  "tcpFinished", // (connection): the peer will send no more
  "tcpClosed", // (connection, CloseReason)
  "udpReadable", // (socket)
  "dnsAnswered", // (query, count or Status)
  "httpRequest", // (request)
  "httpReadable", // (request)
  "httpWritable", // (request)
  "httpClosed", // (request): the peer went away before the response was complete
  "fetchHead", // (exchange): the response's head has come
  "fetchReadable", // (exchange)
  "fetchWritable", // (exchange)
  "fetchFailed", // (exchange, Failure): no more comes, and the exchange is over
  "websocketReadable", // (socket): part of a message, or its end
  "websocketWritable", // (socket)
  "websocketClosed", // (socket, close code; negative: the peer broke the protocol and was told so)
  "websocketControl", // (socket, opcode: 9 a ping, 10 a pong)
];
