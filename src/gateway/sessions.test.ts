import test from "node:test";
import assert from "node:assert/strict";
import { IDLE_MS, SESSION_LIMIT, Sessions } from "./sessions.ts";

function table() {
  const closed: string[] = [];
  const clock = { ms: 0 };
  const sessions = new Sessions(() => clock.ms);
  const add = (key: string) => sessions.add(key, { send: () => {}, close: () => closed.push(key) });
  return { sessions, add, closed, clock };
}

test("a session lives while it is used, and dies when it is idle", () => {
  const { sessions, add, closed, clock } = table();
  add("used");
  add("idle");
  clock.ms = IDLE_MS - 1;
  assert.ok(sessions.use("used") !== undefined);
  sessions.sweep();
  assert.deepEqual(closed, []);
  clock.ms = IDLE_MS;
  sessions.sweep();
  assert.deepEqual(closed, ["idle"]);
  assert.ok(sessions.has("used"));
});

test("the longest idle makes room when there are too many", () => {
  const { sessions, add, closed } = table();
  for (let index = 0; index < SESSION_LIMIT; index++) add(`${index}`);
  sessions.use("0");
  add("one more");
  assert.deepEqual(closed, ["1"]);
  assert.equal(sessions.size, SESSION_LIMIT);
  sessions.clear();
  assert.equal(closed.length, SESSION_LIMIT + 1);
});

test("a session may drop itself while it is closed", () => {
  const sessions = new Sessions();
  let closes = 0;
  sessions.add("a", { send: () => {}, close: () => (closes++, sessions.drop("a")) });
  sessions.drop("a");
  assert.equal(closes, 1);
});
