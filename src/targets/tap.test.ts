import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../image/user-error.ts";
import { requireTap, type TapHost } from "./tap.ts";

/** A host whose device `tap0` has these files in its folder. */
function look(files: Readonly<Record<string, string>> | undefined, changes: Partial<TapHost> = {}): void {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-tap-"));
  try {
    const deviceFile = path.join(folder, "tun");
    writeFileSync(deviceFile, "");
    if (files !== undefined) {
      mkdirSync(path.join(folder, "tap0"));
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, "tap0", name), text);
    }
    requireTap("tap0", { deviceFile, classFolder: folder, userId: 1000, mayAdminister: false, ...changes });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const refused = (pattern: RegExp, work: () => void) =>
  assert.throws(
    work,
    (error) => error instanceof UserError && pattern.test(`${error.message} ${error.hint}`),
  );

const OURS = { tun_flags: "0x5002\n", owner: "1000\n", carrier: "0\n" };

test("a device that can be had is taken as it is", () => {
  look(OURS);
  look({ ...OURS, owner: "-1\n" });
  look({ tun_flags: "0x1002\n", owner: "1000\n" }); // down: its carrier cannot be read
  look({ ...OURS, owner: "7\n" }, { mayAdminister: true });
  look(undefined, { mayAdminister: true });
});

test("each that cannot be had is explained, with what to do", () => {
  refused(/no \/nowhere here.*modprobe tun/, () => look(OURS, { deviceFile: "/nowhere" }));
  refused(/no device tap0, and only root can create one.*ip tuntap add tap0/, () => look(undefined));
  refused(/tap0 is not a TAP device/, () => look({}));
  refused(/tap0 is not a TAP device/, () => look({ ...OURS, tun_flags: "0x1001\n" }));
  refused(/belongs to user 7, and you are 1000/, () => look({ ...OURS, owner: "7\n" }));
  refused(/tap0 is in use/, () => look({ ...OURS, carrier: "1\n" }));
});
