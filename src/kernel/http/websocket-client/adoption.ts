/**
 * An exchange whose server speaks WebSocket becomes a socket: its stream goes from the client's connection to one of the
 * server's, which frames, patience and ends are the same of from there on.
 *
 * Tests: tests/functional/websocket-client.test.ts
 */
import { Status } from "../../../abi/status";
import { Connection as ClientConnection, enter, leave, yieldStream } from "../client/connection";
import { callersExchange, NO_EXCHANGE, releaseExchange, State } from "../client/exchange";
import { adoptStream } from "../owner";
import { upgrade } from "../upgrade";
import { MESSAGE_LIMIT } from "../websocket/limits";
import { expectMore } from "../websocket/sending";
import { NO_SOCKET, releaseSocket, takeSocket } from "../websocket/socket";

/** adopt(exchange, message limit; 0: `MESSAGE_LIMIT`): the id of a socket. */
export function adopt(id: i32, limit: i32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (exchange.state != State.Switched || limit < 0) return Status.Invalid;
  const opened = changetype<ClientConnection>(exchange.connection);
  const socket = takeSocket(exchange.compartment, limit == 0 ? MESSAGE_LIMIT : <u32>limit);
  if (socket == NO_SOCKET) return Status.Full;
  const connection = adoptStream(opened.provider, opened.handle);
  if (changetype<usize>(connection) == 0) {
    releaseSocket(socket);
    return Status.Full;
  }
  enter(opened);
  yieldStream(opened);
  leave(opened);
  releaseExchange(exchange);
  connection.compartment = socket.compartment;
  socket.isClient = true;
  socket.connection = changetype<usize>(connection);
  upgrade(connection, changetype<usize>(socket));
  expectMore(socket);
  // What came behind the head, and the end of the stream, if it has ended already.
  connection.provider.resume(connection.handle);
  return socket.id;
}
