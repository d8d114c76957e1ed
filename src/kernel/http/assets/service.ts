/** The `assets` service: files of the image. See `src/abi/services.ts`. */
import { AssetAnswer } from "../../../abi/assets";
import { Status } from "../../../abi/status";
import { copyIn, copyOut } from "../../cpu/compartment";
import { reserve } from "../../memory/arena";
import { HEAD_LIMIT, TARGET_LIMIT } from "../limits";
import { setResponder } from "../responder";
import { scratch, SCRATCH_SIZE } from "../scratch";
import { listen } from "../service";
import { askText, startAsked, targetLength } from "./asked";
import { contentAt, contentLength, decide, emitFields, status } from "./decision";
import { isHandlerFirst, readPack, startPack } from "./pack";
import { answerAlone, AssetResponder } from "./responder";

let head: usize = 0;

export function start(): void {
  startPack();
  startAsked();
  head = reserve(HEAD_LIMIT);
  if (!isHandlerFirst()) setResponder(new AssetResponder());
}

export function serve(port: i32): i32 {
  answerAlone();
  return listen(port);
}

export function look(text: usize, length: u32, app: usize, size: u32): i32 {
  if (length > HEAD_LIMIT) return Status.Invalid;
  copyIn(head, text, length);
  if (!askText(head, length) || targetLength > TARGET_LIMIT) return Status.Invalid;
  decide(true);
  store<u32>(scratch, status, AssetAnswer.Status);
  store<u32>(scratch, contentAt, AssetAnswer.ContentAt);
  store<u32>(scratch, contentLength, AssetAnswer.ContentBytes);
  const end = emitFields(scratch + AssetAnswer.Fields);
  const whole = <u32>(end - scratch);
  copyOut(app, scratch, min(whole, size));
  return <i32>whole;
}

export function read(from: i32, app: usize, size: u32): i32 {
  let total: u32 = 0;
  while (total < size) {
    const count = readPack(<u32>from + total, scratch, min(size - total, SCRATCH_SIZE));
    if (count == 0) break;
    copyOut(app + total, scratch, count);
    total += count;
  }
  return <i32>total;
}
