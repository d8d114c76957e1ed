import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readTar, writeTar } from "./tar.ts";

const FILES = [
  { name: "one.txt", bytes: new TextEncoder().encode("one\n"), mode: 0o644 },
  { name: "folder/two", bytes: new Uint8Array(1024).fill(2), mode: 0o755 },
  { name: "empty", bytes: new Uint8Array(), mode: 0o600 },
];

test("what is written is read again", () => {
  const read = readTar(writeTar(FILES))!;
  assert.deepEqual(
    [...read].map(([name, bytes]) => [name, [...bytes]]),
    FILES.map(({ name, bytes }) => [name, [...bytes]]),
  );
});

test("tar itself lists it, with no time, owner or mode of this machine", () => {
  const environment = { ...process.env, TZ: "UTC", LC_ALL: "C" };
  const listing = execFileSync("tar", ["tvf", "-"], { input: writeTar(FILES), env: environment }).toString();
  assert.deepEqual(
    listing
      .trim()
      .split("\n")
      .map((line) => line.replace(/ +/g, " ")),
    [
      "-rw-r--r-- 0/0 4 1970-01-01 00:00 one.txt",
      "-rwxr-xr-x 0/0 1024 1970-01-01 00:00 folder/two",
      "-rw------- 0/0 0 1970-01-01 00:00 empty",
    ],
  );
});

test("what tar itself writes is read", () => {
  const archive = execFileSync("tar", ["cf", "-", "--format=ustar", "package.json", "LICENSE"]);
  assert.deepEqual([...readTar(new Uint8Array(archive))!.keys()], ["package.json", "LICENSE"]);
});

test("an archive whose sizes are no octal numbers is none, and leads nowhere twice", () => {
  const archive = writeTar(FILES);
  const sized = (text: string): Uint8Array => {
    const changed = archive.slice();
    changed.set(new TextEncoder().encode(text.padEnd(12, "\0")), 124);
    const sum = changed
      .subarray(0, 512)
      .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    changed.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    return changed;
  };
  assert.equal(readTar(sized("4"))?.size, FILES.length, "the harness itself makes archives");
  for (const size of ["-1000", "-777", "", "4x", "0x4", "9"])
    assert.equal(readTar(sized(size)), undefined, size);
});

test("an archive with a wrong checksum or a size beyond its end is none", () => {
  const archive = writeTar(FILES);
  const changed = (at: number, byte: number) => readTar(archive.with(at, byte));
  assert.equal(changed(0, 0x41), undefined);
  assert.equal(readTar(archive.subarray(0, 1100)), undefined);
});
