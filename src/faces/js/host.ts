/**
 * The functions that the runtime calls: `HostCall`, one by one, on the services.
 *
 * The engine calls them all through `callFunction` with the arguments' boxes. Arguments come from JavaScript
 * and may be anything: a wrong kind gives `Status.Invalid`, never a stray address.
 */
import { Status } from "../../abi/status";
import { HostCall, Part } from "../../runtime/host-call";
import { environment, exit } from "skerry/native/app";
import { monotonic, realtime } from "skerry/native/clock";
import { write as writeConsole } from "skerry/native/console";
import { free, malloc, QTS_GetFloat64, QTS_NewFloat64 } from "./engine";
import { fill } from "skerry/native/entropy";
import { listen } from "skerry/native/http";
import { callAssets } from "./host-assets";
import { callFetch } from "./host-fetch";
import { callHttp } from "./host-http";
import { callWebSocket } from "./host-websocket";
import { adopt } from "skerry/native/upgrade";
import { HAS_ASSETS, HAS_FETCH, HAS_HTTP, HAS_UPGRADE, HAS_WEBSOCKET } from "./optional";
import { cutUrl, isPlainUrl, partLength, partStart } from "./plain-url";
import { randomNumber } from "./random";
import { compressSha256, SHA256_BLOCK_BYTES, SHA256_STATE_BYTES } from "./sha2";
import { context, endsNow, evaluate, setAlarm, setRunsToEnd, trackRejection } from "./session";
import { fitsStretch, stretch } from "./stretch";
import { giveBack, Lent, LENT_SIZE, lendLatin1, lendUtf8, newTextLatin1, newTextUtf8 } from "./text";
import {
  BOX_SIZE,
  bytesLength,
  bytesPointer,
  integerOf,
  isBytes,
  isInteger,
  newBuffer,
  newInteger,
} from "./value";

const NS_PER_MS: f64 = 1e6;
/** The latest alarm in ms, so that it fits in nanoseconds of 64 bits. */
const ALARM_LIMIT_MS: f64 = 9e12;

const lent = changetype<Lent>(memory.data(LENT_SIZE, 4));

/** Of no host function: a call that tells of a rejected promise, with whether somebody listens now in place of a count. */
const REJECTION: i32 = 0;

/** A JavaScript call of a host function: the box of its result, 0 for undefined. */
export function callFunction(_context: usize, _self: usize, count: i32, boxes: usize, hostRef: i32): usize {
  if (hostRef == REJECTION) {
    trackRejection(count != 0);
    return 0;
  }
  const id = hostRef - 1;
  if (count < parameterCount(id)) return newInteger(Status.Invalid);
  if (id >= HostCall.Listen && id <= HostCall.Remote) return callServer(id, boxes);
  if (id >= HostCall.FetchBegin && id <= HostCall.AssetRead) return callOptional(id, boxes);
  if (id == HostCall.SocketAdopt) return adoptSocket(boxes);
  switch (id) {
    case HostCall.ConsoleWrite:
      return writeText(boxes);
    case HostCall.Monotonic:
      return QTS_NewFloat64(context, <f64>monotonic() / NS_PER_MS);
    case HostCall.Realtime:
      return QTS_NewFloat64(context, <f64>realtime() / NS_PER_MS);
    case HostCall.Alarm:
      return wantAlarm(QTS_GetFloat64(context, boxes));
    case HostCall.FillRandom:
      if (!isBytes(boxes)) return newInteger(Status.Invalid);
      return newInteger(fill(bytesPointer(boxes), bytesLength(boxes)));
    case HostCall.Sha256:
      return hashBlocks(boxes, boxes + BOX_SIZE);
    case HostCall.Stretch:
      return stretchBy(boxes);
    case HostCall.Random:
      return QTS_NewFloat64(context, randomNumber());
    case HostCall.Exit:
      exit(integerOf(boxes));
      return 0;
    case HostCall.Environment:
      return readEnvironment();
    case HostCall.EvaluatePart:
      return evaluatePart(integerOf(boxes));
    case HostCall.RunsToEnd:
      setRunsToEnd();
      return 0;
    default:
      return callText(id, boxes);
  }
}

/** The calls of `http`, in an app that serves. */
function callServer(id: i32, boxes: usize): usize {
  if (!HAS_HTTP) return newInteger(Status.Missing);
  return id == HostCall.Listen ? newInteger(listen(integerOf(boxes))) : callHttp(id, boxes);
}

/** Calls of services that only some apps have. */
function callOptional(id: i32, boxes: usize): usize {
  if (id <= HostCall.FetchAbort) {
    if (HAS_FETCH) return callFetch(id, boxes);
  } else if (id <= HostCall.SocketAbort) {
    if (HAS_WEBSOCKET) return callWebSocket(id, boxes);
  } else if (HAS_ASSETS) {
    return callAssets(id, boxes);
  }
  return newInteger(Status.Missing);
}

/** (exchange, message limit) */
function adoptSocket(boxes: usize): usize {
  if (!HAS_UPGRADE) return newInteger(Status.Missing);
  const limit = boxes + BOX_SIZE;
  const areIntegers = isInteger(boxes) && isInteger(limit);
  return newInteger(areIntegers ? adopt(integerOf(boxes), integerOf(limit)) : Status.Invalid);
}

/** How many arguments a call must have; the rest of `boxes` is not there. */
function parameterCount(id: i32): i32 {
  switch (id) {
    case HostCall.Monotonic:
    case HostCall.Realtime:
    case HostCall.Environment:
    case HostCall.RunsToEnd:
    case HostCall.Random:
      return 0;
    case HostCall.ConsoleWrite:
    case HostCall.Decode:
    case HostCall.Header:
    case HostCall.Write:
    case HostCall.FetchBegin:
    case HostCall.FetchWrite:
    case HostCall.SocketAdopt:
    case HostCall.AssetRead:
    case HostCall.Sha256:
    case HostCall.UrlPart:
      return 2;
    case HostCall.SocketAccept:
    case HostCall.SocketSend:
    case HostCall.SocketClose:
    case HostCall.Stretch:
      return 3;
    case HostCall.Begin:
    case HostCall.Respond:
      return 4;
    default:
      return 1;
  }
}

function callText(id: i32, boxes: usize): usize {
  switch (id) {
    case HostCall.Encode:
      return lendUtf8(context, boxes, lent) ? giveCopy(lent) : newInteger(Status.Invalid);
    case HostCall.EncodeLatin1:
      return lendLatin1(context, boxes, lent) ? giveCopy(lent) : newInteger(Status.Invalid);
    case HostCall.PlainUrl:
      return newInteger(isPlain(boxes) ? 1 : 0);
    case HostCall.UrlPart:
      return partOf(boxes, boxes + BOX_SIZE);
    case HostCall.Decode:
      if (!isBytes(boxes)) return newInteger(Status.Invalid);
      return newTextUtf8(context, bytesPointer(boxes), bytesLength(boxes), integerOf(boxes + BOX_SIZE) != 0);
    case HostCall.DecodeLatin1:
      if (!isBytes(boxes)) return newInteger(Status.Invalid);
      return newTextLatin1(context, bytesPointer(boxes), bytesLength(boxes));
    default:
      return 0;
  }
}

function isPlain(text: usize): bool {
  if (!lendLatin1(context, text, lent)) return false;
  const isSo = isPlainUrl(lent.pointer, lent.length);
  giveBack(context, lent);
  return isSo;
}

function partOf(text: usize, part: usize): usize {
  if (!lendLatin1(context, text, lent)) return newInteger(Status.Invalid);
  cutUrl(lent.pointer, lent.length, integerOf(part));
  const cut = newTextLatin1(context, partStart, partLength);
  giveBack(context, lent);
  return cut;
}

/** A part that the image does not have is empty, and its value undefined. */
function evaluatePart(part: i32): usize {
  return part >= Part.Streams && part < Part.Count ? evaluate(part) : newInteger(Status.Invalid);
}

function writeText(boxes: usize): usize {
  const text = boxes + BOX_SIZE;
  if (!lendUtf8(context, text, lent)) return 0;
  writeConsole(isInteger(boxes) ? integerOf(boxes) : 1, lent.pointer, lent.length);
  giveBack(context, lent);
  return 0;
}

function wantAlarm(ms: f64): usize {
  setAlarm(ms >= 0 ? <i64>(min(ms, ALARM_LIMIT_MS) * NS_PER_MS) : -1);
  return 0;
}

function hashBlocks(state: usize, blocks: usize): usize {
  if (!isBytes(state) || !isBytes(blocks)) return newInteger(Status.Invalid);
  const length = bytesLength(blocks);
  if (bytesLength(state) != SHA256_STATE_BYTES || length % SHA256_BLOCK_BYTES != 0) {
    return newInteger(Status.Invalid);
  }
  compressSha256(bytesPointer(state), bytesPointer(blocks), length);
  return newInteger(Status.Ok);
}

/** (state, kind of hash, rounds) */
function stretchBy(boxes: usize): usize {
  if (!isBytes(boxes) || !isInteger(boxes + BOX_SIZE) || !isInteger(boxes + 2 * BOX_SIZE))
    return newInteger(Status.Invalid);
  const kind = integerOf(boxes + BOX_SIZE);
  if (!fitsStretch(kind, bytesLength(boxes))) return newInteger(Status.Invalid);
  stretch(bytesPointer(boxes), kind, integerOf(boxes + 2 * BOX_SIZE));
  return newInteger(Status.Ok);
}

/** The lent bytes as a new ArrayBuffer. */
function giveCopy(bytes: Lent): usize {
  const result = newBuffer(context, bytes.pointer, bytes.length);
  giveBack(context, bytes);
  return result;
}

function readEnvironment(): usize {
  const length = environment(0, 0);
  if (length <= 0) return newTextUtf8(context, 0, 0, false);
  const text = malloc(length);
  const copied = min(environment(text, length), length);
  const box = newTextUtf8(context, text, copied, false);
  free(text);
  return box;
}

export function shouldInterrupt(_runtime: usize): i32 {
  return endsNow() ? 1 : 0;
}

export function freeHostRef(_runtime: usize, _id: i32): void {}

/** There are no modules to load: the app is bundled. */
export function loadModuleSource(_runtime: usize, _context: usize, _name: usize): usize {
  return 0;
}

export function normalizeModule(_runtime: usize, _context: usize, _base: usize, _name: usize): usize {
  return 0;
}
