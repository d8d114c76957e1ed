import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import * as table from "./table";
import { Flow } from "../layer";
import { Connection } from "./connection";
const flow = changetype<Flow>(memory.data(40, 8));
export function start(limit: u32): void { table.startTable(limit); }
function aim(target: Flow, remote: u32, port: u32): void {
  target.localHigh = 0; target.localLow = 0xffff0a000001;
  target.remoteHigh = 0; target.remoteLow = 0xffff00000000 | <u64>remote;
  target.localPort = 80; target.remotePort = <u16>port;
}
export function insert(remote: u32, port: u32): usize {
  const connection = table.takeConnection();
  if (connection == null) return 0;
  aim(connection.flow, remote, port);
  table.insertConnection(connection);
  return changetype<usize>(connection);
}
export function find(remote: u32, port: u32): usize { aim(flow, remote, port); return changetype<usize>(table.findConnection(flow)); }
export function remove(at: usize): void {
  const connection = changetype<Connection>(at);
  table.removeConnection(connection);
  table.giveConnection(connection);
}
export function generation(at: usize): u32 { return changetype<Connection>(at).generation; }
`;

async function table(limit: number) {
  const kernel = await assemble("net/tcp/table.harness.ts", HARNESS, {
    platform: { entropySeed: (_pointer: number, length: number) => length },
  });
  kernel.start(limit);
  return kernel;
}

test("each flow finds its own connection, and none once it is removed", async () => {
  const kernel = await table(2000);
  const places = new Map<string, number>();
  for (let index = 0; index < 2000; index++) {
    const [remote, port] = [index % 40, 1000 + Math.floor(index / 40)];
    places.set(`${remote} ${port}`, kernel.insert(remote, port) as number);
  }
  assert.equal(kernel.insert(99, 99), 0, "the limit holds");
  let index = 0;
  for (const [key, at] of places) {
    const [remote, port] = key.split(" ").map(Number);
    assert.equal(kernel.find(remote, port), at);
    if (index++ % 3 !== 0) continue;
    kernel.remove(at);
    assert.equal(kernel.find(remote, port), 0);
  }
});

test("a block that lives again has another generation", async () => {
  const kernel = await table(1);
  const generations = new Set<number>();
  for (let life = 0; life < 5; life++) {
    const at = kernel.insert(1, 1) as number;
    generations.add(kernel.generation(at));
    kernel.remove(at);
    generations.add(kernel.generation(at));
  }
  assert.equal(generations.size, 10);
});
