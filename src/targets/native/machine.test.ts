import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../image/user-error.ts";
import { STOPPED_STATUS } from "../target.ts";
import { runNative } from "./machine.ts";
import { listening, scriptChild, testImage } from "./test-image.ts";

const TELL = `const fs = require("node:fs"); const tell = (line) => fs.writeSync(4, line + "\\n");`;
const STAY = `setInterval(() => {}, 1000);`;
const IMAGE = testImage(["ip"]);

test("the console comes by stream, and the exit record decides the status", async () => {
  const { options, text } = listening();
  const script = `${TELL} tell("started"); fs.writeSync(1, "out é"); fs.writeSync(2, "err"); tell("exit 7"); process.exit(3);`;
  const machine = await runNative(IMAGE, options, () => scriptChild(script));
  assert.equal(await machine.exited, 7);
  assert.deepEqual(text, { 1: "out é", 2: "err" });
  await assert.rejects(machine.status(), /has ended/);
  await machine.stop();
});

test("a machine that ends in its start has started and ended", async () => {
  const { options, text } = listening();
  const machine = await runNative(IMAGE, options, () => scriptChild(`${TELL} tell("exit 0")`));
  assert.equal(await machine.exited, 0);
  assert.deepEqual(text, { 1: "", 2: "" });
});

test("a process that does not come up is the user's to hear of, with what it said", async () => {
  const { options } = listening();
  const failed = runNative(IMAGE, options, () => {
    const native = scriptChild(`fs.writeSync(2, "no\\u001b way\\n"); process.exit(9)`);
    return { ...native, errors: native.output, complaints: native.errors, hint: () => "try another" };
  });
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.message, "the script ended with status 9: no\\u{1b} way");
    return error.hint === "try another";
  });
});

test("a machine that is killed by the system says so, and fails", async () => {
  const { options, text } = listening();
  const script = `${TELL} tell("started"); setTimeout(() => process.kill(process.pid, "SIGSYS"), 50); ${STAY}`;
  const machine = await runNative(IMAGE, options, () => scriptChild(script));
  assert.equal(await machine.exited, 70);
  assert.match(text[2], /ended without a word: the script was ended by SIGSYS, for a system call .* list/);
});

test("a machine that is stopped is gone, and says what it takes while it runs", async () => {
  const { options } = listening();
  let pid = 0;
  const machine = await runNative(IMAGE, options, () => {
    const native = scriptChild(`${TELL} tell("started"); ${STAY}`);
    pid = native.child.pid!;
    return native;
  });
  const { residentBytes } = await machine.status();
  assert.ok(residentBytes > 1e6 && residentBytes < 1e9, `${residentBytes}`);
  await machine.stop();
  assert.equal(await machine.exited, STOPPED_STATUS);
  assert.throws(() => process.kill(pid, 0));
});

test("traps are told, and what is no record", async () => {
  const { options, text } = listening();
  const script = `${TELL} tell("abort 0 no key"); tell("trap 0 100 10 0"); tell("nonsense\\u0007"); tell("exit 134")`;
  const machine = await runNative(IMAGE, options, () => scriptChild(script));
  assert.equal(await machine.exited, 134);
  assert.equal(text[2], "the app trapped: no key\nthe machine tells what is no record: nonsense\\u{7}\n");
});

test("frames pass between the guest's socket and the gateway, and into the pcap file", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
  const pcapFile = path.join(folder, "frames");
  const forward = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };
  const { options, text } = listening({ forwards: [forward], pcapFile });
  // The gateway asks who has the guest's address: an ARP request, 42 bytes.
  const script = `${TELL} tell("started");
    const socket = new (require("node:net").Socket)({ fd: 3 });
    socket.once("data", (bytes) => { fs.writeSync(1, bytes.readUInt32BE() + " " + bytes.readUInt16BE(16).toString(16)); tell("exit 0"); process.exit(); });`;
  const machine = await runNative(IMAGE, options, () => scriptChild(script));
  const client = net.connect(machine.forwards[0]!.hostPort, "127.0.0.1");
  client.on("error", () => {});
  assert.equal(await machine.exited, 0);
  client.destroy();
  assert.match(text[1], /^(42|60) 806$/);
  assert.equal(text[2], "");
  assert.ok(readFileSync(pcapFile).length > 24 + 42);
  rmSync(folder, { recursive: true });
});

test("a port in use ends the process that was launched", async () => {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as net.AddressInfo;
  const forward = { hostAddress: "127.0.0.1", hostPort: port, guestPort: 80 };
  let exit: Promise<unknown> = Promise.resolve();
  const failed = runNative(IMAGE, listening({ forwards: [forward] }).options, () => {
    const native = scriptChild(STAY);
    exit = once(native.child, "exit");
    return native;
  });
  await assert.rejects(failed, (error) => error instanceof UserError && error.code === "port-in-use");
  await exit;
  holder.close();
});
