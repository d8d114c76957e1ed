// A machine for tests of the network: old services of the Internet (echo, discard, chargen) that can be checked, and a
// web server. What it receives it sums, what it sends follows from its place in the stream.
import { log } from "skerry/native/console";
import * as datagrams from "./datagrams";
import * as streams from "./streams";
import * as web from "./web";

export function start(): void {
  streams.listen();
  datagrams.listen();
  web.listen();
  log("here");
}

export { tcpAccepted, tcpReadable, tcpWritable, tcpFinished, tcpClosed } from "./streams";
export { udpReadable } from "./datagrams";
export { httpRequest, httpReadable, httpWritable, httpClosed } from "./web";
