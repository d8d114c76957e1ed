/**
 * The face's functions as the runtime calls them, with types: see `host-call.ts`.
 *
 * The bundler wraps the runtime in a function whose parameter is `skerryHost`.
 */
import { outOfMemory } from "./engine-errors.ts";
import { HostCall, type UrlPart } from "./host-call.ts";

type HostFunction = (...values: never[]) => unknown;
declare const skerryHost: readonly HostFunction[];

function take<F extends HostFunction>(call: HostCall): F {
  return skerryHost[call] as F;
}

/** Numbers below 0 where something else is expected are `Status` values. */
export type Status = number;

export const writeConsole = take<(stream: 1 | 2, text: string) => void>(HostCall.ConsoleWrite);
export const monotonic = take<() => number>(HostCall.Monotonic);
export const realtime = take<() => number>(HostCall.Realtime);
export const setAlarm = take<(atMs: number) => void>(HostCall.Alarm);
export const fillRandom = take<(bytes: Uint8Array) => Status>(HostCall.FillRandom);
export const exit = take<(status: number) => void>(HostCall.Exit);
export const environmentLines = take<() => string>(HostCall.Environment);
const encodeText = take<(text: string) => ArrayBuffer | Status>(HostCall.Encode);
export const decode = take<(bytes: Uint8Array, fatal: boolean) => string | undefined>(HostCall.Decode);
export const encodeLatin1 = take<(text: string) => ArrayBuffer | Status>(HostCall.EncodeLatin1);
export const decodeLatin1 = take<(bytes: Uint8Array) => string>(HostCall.DecodeLatin1);
export const plainUrl = take<(text: string) => 0 | 1>(HostCall.PlainUrl);
/** Of a plain one. */
export const urlPart = take<(text: string, part: UrlPart) => string>(HostCall.UrlPart);
export const evaluatePart = take<(part: number) => unknown>(HostCall.EvaluatePart);
export const runsToEnd = take<() => void>(HostCall.RunsToEnd);
export const listen = take<(port: number) => Status>(HostCall.Listen);
export const methodName = take<(request: number) => string | Status>(HostCall.MethodName);
export const address = take<(request: number) => string | Status>(HostCall.Address);
export const header = take<(request: number, name: string) => string | Status>(HostCall.Header);
export const headerLines = take<(request: number) => string | Status>(HostCall.Headers);
export const bodySize = take<(request: number) => number>(HostCall.BodySize);
export const readBody = take<(request: number) => ArrayBuffer | Status>(HostCall.Read);
export const respond = take<
  (request: number, status: number, fields: string, body: string | Uint8Array | undefined) => Status
>(HostCall.Respond);
export const begin = take<(request: number, status: number, fields: string, size: number) => Status>(
  HostCall.Begin,
);
export const writeBody = take<(request: number, bytes: Uint8Array) => number>(HostCall.Write);
export const end = take<(request: number) => Status>(HostCall.End);
export const abort = take<(request: number) => void>(HostCall.Abort);
export const remoteEnd = take<(request: number) => ArrayBuffer | Status>(HostCall.Remote);
export const fetchBegin = take<(head: string, size: number) => number>(HostCall.FetchBegin);
export const fetchWrite = take<(exchange: number, bytes: Uint8Array) => number>(HostCall.FetchWrite);
export const fetchEnd = take<(exchange: number) => Status>(HostCall.FetchEnd);
export const fetchHead = take<(exchange: number) => string | Status>(HostCall.FetchHead);
export const fetchRead = take<(exchange: number) => ArrayBuffer | Status>(HostCall.FetchRead);
export const fetchAbort = take<(exchange: number) => void>(HostCall.FetchAbort);
export const socketAccept = take<(request: number, fields: string, limit: number) => number>(
  HostCall.SocketAccept,
);
export const socketSend = take<(socket: number, frame: number, bytes: Uint8Array) => Status>(
  HostCall.SocketSend,
);
export const socketAdopt = take<(exchange: number, limit: number) => number>(HostCall.SocketAdopt);
export const socketKind = take<(socket: number) => number>(HostCall.SocketKind);
export const socketRead = take<(socket: number) => ArrayBuffer | Status>(HostCall.SocketRead);
export const socketClose = take<(socket: number, code: number, reason: Uint8Array) => Status>(
  HostCall.SocketClose,
);
export const socketReason = take<(socket: number) => ArrayBuffer>(HostCall.SocketReason);
export const socketHeed = take<(socket: number) => void>(HostCall.SocketHeed);
export const socketAbort = take<(socket: number) => void>(HostCall.SocketAbort);
export const assetLook = take<(head: string) => ArrayBuffer | Status>(HostCall.AssetLook);
export const assetRead = take<(from: number, size: number) => ArrayBuffer | Status>(HostCall.AssetRead);
export const random = take<() => number>(HostCall.Random);
export const stretch = take<(state: Uint8Array, kind: number, rounds: number) => Status>(HostCall.Stretch);
export const sha256 = take<(state: Uint8Array, blocks: Uint8Array) => Status>(HostCall.Sha256);

export function encode(text: string): ArrayBuffer {
  const bytes = encodeText(text);
  if (typeof bytes === "number") throw outOfMemory();
  return bytes;
}
