import test from "node:test";
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../image/user-error.ts";
import { CTRL_C_STATUS, untilSignal } from "./launch.ts";

const never = new Promise<number>(() => {});
const soon = () => wait(5, CTRL_C_STATUS);
const fail = (error: Error) => Promise.reject(error);

test("what fails because Ctrl-C ended a process below is an end by Ctrl-C, though it is heard first", async () => {
  assert.equal(await untilSignal(fail(new Error("the service was stopped")), soon()), CTRL_C_STATUS);
  assert.equal(await untilSignal(new Promise<string>(() => {}), soon()), CTRL_C_STATUS);
});

test("a failure without a signal is told, and a mistake of the user's at once", async () => {
  await assert.rejects(untilSignal(fail(new Error("broken")), never), /broken/);
  await assert.rejects(untilSignal(fail(new UserError("x", "mend it")), soon()), /mend it/);
  assert.equal(await untilSignal(Promise.resolve("done"), never), "done");
});
