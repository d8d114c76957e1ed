/** Battery 33: whoever asks all ports finds those that were declared; and no way of asking brings the image down. */
import test from "node:test";
import assert from "node:assert/strict";
import { isOnPath, whyNoNetwork } from "./namespace.ts";
import { GUEST, GUEST6, Site } from "./site.ts";

const reason = whyNoNetwork("dumpcap", "tshark") ?? (isOnPath("nmap") ? undefined : "needs nmap");
const skip = reason ?? false;
const TARGET = ["--target", "process"];
/** What `tests/apps/network` listens on. */
const TCP = ["7/open/tcp", "9/open/tcp", "19/open/tcp", "80/open/tcp"];
const FAST = ["-n", "-Pn", "--min-rate", "20000", "--max-retries", "3", "-oG", "-"];
const PORTS = ["-p", "1-200,1000,8080,60000"];

/** Ports that nmap calls open, and not `open|filtered`, of its greppable output: `80/open/tcp`. */
async function scan(site: Site, ...words: readonly string[]): Promise<string[]> {
  const output = await site.namespace.succeed(["nmap", ...FAST, ...words]);
  return [...output.matchAll(/(\d+\/open\/\w+)/g)].map((match) => match[1]!);
}

test("nmap finds the declared ports among all", { skip }, async (t) => {
  await Site.use({ target: TARGET, isCaptured: true }, async (site) => {
    await t.test("TCP, all 65,535", async () => {
      assert.deepEqual(await scan(site, "-sS", "-p-", GUEST), TCP);
    });
    await t.test("TCP over IPv6, all 65,535", async () => {
      assert.deepEqual(await scan(site, "-6", "-sS", "-p-", GUEST6), TCP);
    });
    await t.test("UDP, all 65,535: none says that it is there but the one that echoes", async () => {
      // Errors are few a second, so that nobody counts ports by them: where none comes, nmap knows nothing.
      assert.deepEqual(await scan(site, "-sU", "-p", "1-50", GUEST), ["7/open/udp"]);
      const open = await scan(site, "-sU", "-p-", "--max-retries", "0", GUEST);
      assert.deepEqual(
        open.filter((port) => port !== "7/open/udp"),
        [],
      );
    });
    for (const [name, words] of Object.entries(ODD)) {
      await t.test(`${name}: still there`, async () => {
        await site.namespace.succeed(["nmap", ...FAST, ...words]);
        assert.equal(await site.namespace.succeed(["curl", "-sS", `http://${GUEST}/`]), "hello, world\n");
      });
    }
    await t.test("and no answer of the image was malformed", async () => {
      const { frames, findings } = await site.capture!.finish();
      assert.deepEqual(findings, []);
      assert.ok(frames > 100_000, `${frames} frames of the image's`);
    });
  });
});

test("control: of another program, other ports are found", { skip }, async () => {
  await Site.use({ target: TARGET, entry: "examples/http-native/main.ts" }, async (site) => {
    assert.deepEqual(await scan(site, "-sS", ...PORTS, GUEST), ["80/open/tcp"]);
  });
});

const ODD: Readonly<Record<string, readonly string[]>> = {
  "FIN scan": ["-sF", ...PORTS, GUEST],
  "Xmas scan": ["-sX", ...PORTS, GUEST],
  "null scan": ["-sN", ...PORTS, GUEST],
  "ACK scan": ["-sA", ...PORTS, GUEST],
  "protocol scan": ["-sO", "--max-retries", "1", GUEST],
  "operating system": ["-O", "--osscan-guess", "--max-os-tries", "1", ...PORTS, GUEST],
  "operating system over IPv6": ["-6", "-O", "--max-os-tries", "1", ...PORTS, GUEST6],
  "tiny fragments": ["-sS", "-f", ...PORTS, GUEST],
};
