/**
 * The `fetch` service: its start, and the machine's network as the client sees it. The only file of the client that
 * knows TCP and DNS.
 */
import { isIsolated, setRunning } from "../../app/compartments";
import { load64be } from "../../memory/bytes";
import { localAddress } from "../../net/ip/address";
import { globalLow } from "../../net/ip/version6";
import { beginQuery } from "../../net/dns/resolver";
import { Query, QueryOwner } from "../../net/dns/query";
import { provider } from "../../net/tcp/provider";
import { connect, dropStreams, wasDenied } from "../../net/tcp/streams";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { findExchange } from "./exchange";
import { dropAll, dropOf } from "./calls";
import { startClient } from "./client";
import { Dialer, setDialer } from "./dialer";
import { clientOwner } from "./owner";
import { addressesFound, nameFailed } from "./attempts";

export { abort, begin, end, head, poll, read, remote, write } from "./calls";

class NameOwner extends QueryOwner {
  answered(query: Query): void {
    const exchange = <i32>query.user;
    if (query.result > 0) addressesFound(exchange, query.addresses, <u32>query.result);
    else nameFailed(exchange, query.result);
  }
}

class MachineDialer extends Dialer {
  private names: QueryOwner = new NameOwner();

  isOnline(): bool {
    return localAddress() != 0 || globalLow() != 0;
  }

  resolve(exchange: i32, host: usize, length: u32): i32 {
    // Asked for the compartment that fetches, whoever runs.
    const outer = setRunning(findExchange(exchange).compartment);
    const query = beginQuery(host, length, this.names, <usize>exchange);
    setRunning(outer);
    return query;
  }

  connect(address: usize, port: u16, owner: StreamOwner, user: usize): usize {
    return connect(load64be(address), load64be(address, 8), port, owner, user);
  }

  wasDenied(): bool {
    return wasDenied;
  }

  provider(): StreamProvider {
    return provider;
  }
}

export function start(): void {
  startClient();
  setDialer(new MachineDialer());
}

export function release(who: u32): void {
  if (isIsolated()) {
    dropOf(who);
    return;
  }
  dropStreams(clientOwner());
  dropAll();
}
