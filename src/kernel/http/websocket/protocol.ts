/**
 * WebSockets as what a connection of the HTTP server speaks after its upgrade.
 *
 * Tests: websocket.test.ts
 */
import { AppEntry } from "../../../abi/entry";
import { enterOwner } from "../../app/enter";
import { Connection } from "../connection";
import { Protocol, setProtocol } from "../upgrade";
import { CloseCode } from "./code";
import { takeFrames } from "./frames";
import { abortSocket, expectMore, finishSocket, sendControl, sendOwedPong, socketOf } from "./sending";
import { markClosed, NO_SOCKET, Opcode, startSockets, State } from "./socket";

class WebSockets extends Protocol {
  received(connection: Connection): void {
    const socket = socketOf(connection);
    socket.isAsked = false;
    takeFrames(connection);
    // A peer that speaks on has no more time for its close frame.
    if (socket.state == State.Open) expectMore(socket);
  }

  writable(connection: Connection): void {
    const socket = socketOf(connection);
    if (!sendOwedPong(socket)) return;
    expectMore(socket);
    if (!socket.wantsWrite || socket.state != State.Open) return;
    socket.wantsWrite = false;
    enterOwner(socket.compartment, AppEntry.WebsocketWritable, socket.id);
  }

  /** Without a close frame (RFC 6455 section 7.1.5). */
  finished(connection: Connection): void {
    finishSocket(socketOf(connection), CloseCode.Abnormal);
  }

  closed(connection: Connection): void {
    const socket = socketOf(connection);
    if (socket != NO_SOCKET && socket.connection == changetype<usize>(connection))
      markClosed(socket, CloseCode.Abnormal);
  }

  expired(connection: Connection): void {
    const socket = socketOf(connection);
    const mayAsk = socket.state == State.Open && !socket.isAsked && connection.unsent.length == 0;
    if (!mayAsk) {
      abortSocket(socket, CloseCode.Abnormal);
      return;
    }
    socket.isAsked = true;
    if (sendControl(socket, Opcode.Ping, 0, 0)) expectMore(socket);
  }
}

export function startWebSockets(): void {
  startSockets();
  setProtocol(new WebSockets());
}
