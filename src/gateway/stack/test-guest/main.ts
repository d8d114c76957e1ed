/**
 * A guest for the gateway's tests: the kernel's network with a few small servers in the place of an app.
 *
 *   port 7   echoes, and ends when the peer has      port 19  sends as many pattern bytes as the first 4 bytes say
 *   port 9   checks the pattern, answers with        port 13  says "bye" and ends at once, reads on
 *            how many bytes came, and were wrong     others   refuse
 *
 * Datagrams: port 7 echoes. `dial` opens a stream outwards, `ask` sends a datagram from port 5000. What happens to
 * those is told (`told.ts`).
 */
import { CloseReason } from "../../../abi/status";
import { findNumber, startConfiguration } from "../../../kernel/configuration";
import { reserve } from "../../../kernel/memory/arena";
import { chunksInUse, DEFAULT_CHUNKS, startChunks } from "../../../kernel/memory/chunk";
import * as entropy from "../../../kernel/entropy/service";
import * as dhcp from "../../../kernel/net/dhcp/service";
import { localAddress } from "../../../kernel/net/ip/address";
import { usePlatformDevice } from "../../../kernel/net/ip/platform-device";
import { network } from "../../../kernel/net/ip/network";
import * as ip from "../../../kernel/net/ip/service";
import * as ip6 from "../../../kernel/net/ip6/service";
import { globalLow } from "../../../kernel/net/ip/version6";
import { told } from "./told";
import { provider as tcpProvider } from "../../../kernel/net/tcp/provider";
import { connect, listen } from "../../../kernel/net/tcp/streams";
import * as tcp from "../../../kernel/net/tcp/service";
import * as udp from "../../../kernel/net/udp/service";
import { bindPort, UdpOwner } from "../../../kernel/net/udp/port-table";
import { openUdp, sendUdp } from "../../../kernel/net/udp/transport";
import { Flow } from "../../../kernel/net/layer";
import { StreamOwner, StreamProvider } from "../../../kernel/stream/stream";
import { now, startTurn } from "../../../kernel/time/clock";
import { expire, nextDeadline } from "../../../kernel/time/wheel";

const PERIOD: u32 = 65521;
let pattern: usize = 0;
let provider: StreamProvider = changetype<StreamProvider>(0);

/** One stream's state; never reused, tests are short. */
@unmanaged
class Talk {
  handle: usize;
  at: u32;
  total: u32;
  wrong: u32;
}
function newTalk(handle: usize): Talk {
  const talk = changetype<Talk>(reserve(16));
  talk.handle = handle;
  return talk;
}
function talkOf(user: usize): Talk {
  return changetype<Talk>(user);
}

class Server extends StreamOwner {
  opened(from: StreamProvider, handle: usize): usize {
    provider = from;
    return changetype<usize>(newTalk(handle));
  }
  connected(_user: usize): void {}
  received(_user: usize, _pointer: usize, length: u32): u32 {
    return length;
  }
  writable(_user: usize): void {}
  finished(user: usize): void {
    provider.shutdown(talkOf(user).handle);
  }
  closed(user: usize, reason: CloseReason): void {
    told(0, <u32>user, <u32>reason, 0);
  }
}

class Echo extends Server {
  received(user: usize, pointer: usize, length: u32): u32 {
    return provider.write(talkOf(user).handle, pointer, length);
  }
  writable(user: usize): void {
    provider.resume(talkOf(user).handle);
  }
}

class Sink extends Server {
  received(user: usize, pointer: usize, length: u32): u32 {
    const talk = talkOf(user);
    const expected = pattern + (talk.at % PERIOD);
    const part = min(length, PERIOD);
    let index: u32 = 0;
    for (; index + 8 <= part; index += 8) {
      if (load<u64>(pointer + index) != load<u64>(expected + index)) talk.wrong++;
    }
    for (; index < part; index++) if (load<u8>(pointer + index) != load<u8>(expected + index)) talk.wrong++;
    talk.at += part;
    return part;
  }
  finished(user: usize): void {
    const talk = talkOf(user);
    const answer = memory.data(8, 8);
    store<u32>(answer, talk.at);
    store<u32>(answer, talk.wrong, 4);
    provider.write(talk.handle, answer, 8);
    provider.shutdown(talk.handle);
  }
}

class Source extends Server {
  received(user: usize, pointer: usize, length: u32): u32 {
    const talk = talkOf(user);
    if (talk.total == 0 && length >= 4) {
      talk.total = load<u32>(pointer);
      this.writable(user);
    }
    return length;
  }
  writable(user: usize): void {
    const talk = talkOf(user);
    while (talk.at < talk.total) {
      const taken = provider.write(
        talk.handle,
        pattern + (talk.at % PERIOD),
        min(PERIOD, talk.total - talk.at),
      );
      if (taken == 0) return;
      talk.at += taken;
    }
    if (talk.total != 0) provider.shutdown(talk.handle);
  }
  finished(_user: usize): void {}
}

class First extends Server {
  opened(from: StreamProvider, handle: usize): usize {
    const user = super.opened(from, handle);
    const answer = memory.data<u8>([98, 121, 101]);
    from.write(handle, answer, 3);
    from.shutdown(handle);
    return user;
  }
  received(user: usize, _pointer: usize, length: u32): u32 {
    talkOf(user).at += length;
    return length;
  }
  finished(user: usize): void {
    told(5, <u32>user, talkOf(user).at, 0);
  }
}

class Dialer extends StreamOwner {
  opened(_from: StreamProvider, _handle: usize): usize {
    return 0;
  }
  connected(user: usize): void {
    told(1, <u32>user, 0, 0);
  }
  received(user: usize, pointer: usize, length: u32): u32 {
    told(2, <u32>user, <u32>pointer, length);
    return length;
  }
  writable(user: usize): void {
    told(3, <u32>user, 0, 0);
  }
  finished(user: usize): void {
    told(4, <u32>user, 0, 0);
  }
  closed(user: usize, reason: CloseReason): void {
    told(0, <u32>user, <u32>reason, 0);
  }
}

class EchoDatagrams extends UdpOwner {
  received(_user: usize, flow: Flow, pointer: usize, length: u32): void {
    const payload = openUdp(flow);
    if (payload == 0) return;
    memory.copy(payload, pointer, length);
    sendUdp(flow, length);
  }
}
class AskDatagrams extends UdpOwner {
  received(_user: usize, flow: Flow, pointer: usize, length: u32): void {
    told(6, <u32>flow.remoteLow, <u32>pointer, length);
  }
}
const echoDatagrams = new EchoDatagrams();
const askDatagrams = new AskDatagrams();
const asked = changetype<Flow>(memory.data(48, 8));

const dialer = new Dialer();
let scratchAt: usize = 0;

export function start(): void {
  startConfiguration();
  startTurn();
  startChunks(findNumber("memory.chunks", DEFAULT_CHUNKS));
  pattern = reserve(2 * PERIOD);
  scratchAt = reserve(65536);
  for (let at: u32 = 0; at < 2 * PERIOD; at++) {
    const index = at % PERIOD;
    store<u8>(pattern + at, <u8>(((index * <u32>2654435761) >> 13) ^ index));
  }
  entropy.start();
  usePlatformDevice();
  ip.start();
  ip6.start();
  udp.start();
  dhcp.start();
  tcp.start();
  bindPort(7, echoDatagrams, 0);
  bindPort(5000, askDatagrams, 0);
  listen(7, new Echo());
  listen(9, new Sink());
  listen(13, new First());
  listen(19, new Source());
}

export function turn(): i64 {
  startTurn();
  for (let round = 0; round < 16; round++) {
    expire(now());
    const worked = ip.poll() | tcp.poll();
    tcp.flush();
    if (!worked) return nextDeadline();
  }
  return now();
}

export function begin(): void {
  startTurn();
}
export function scratch(): usize {
  return scratchAt;
}
/** The handle, which is also the user word. */
export function dial(high: u64, low: u64, port: u32): u32 {
  const talk = newTalk(0);
  talk.handle = connect(high, low, <u16>port, dialer, changetype<usize>(talk));
  return changetype<u32>(talk);
}
export function write(user: u32, length: u32): u32 {
  return tcpProvider.write(talkOf(user).handle, scratchAt, length);
}
export function shutdown(user: u32): void {
  tcpProvider.shutdown(talkOf(user).handle);
}
/** Sends a datagram from port 5000. */
export function ask(high: u64, low: u64, port: u32, length: u32): void {
  asked.localPort = 5000;
  asked.remoteHigh = high;
  asked.remoteLow = low;
  asked.remotePort = <u16>port;
  if (!network().localFor(asked)) return;
  const payload = openUdp(asked);
  if (payload == 0) return;
  memory.copy(payload, scratchAt, length);
  sendUdp(asked, length);
}
export { chunksInUse, globalLow, localAddress };
