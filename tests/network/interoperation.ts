/** A whole image and Linux on one network, each with its own TCP/IP: every case on one target. */
import test from "node:test";
import assert from "node:assert/strict";
import { BULK, CASES } from "./interoperation.cases.ts";
import { isOnPath, whyNoNetwork } from "./namespace.ts";
import { Site } from "./site.ts";

const CURL_HELLO = ["curl", "-sS", "--max-time", "60"];

/** `target`: words of `skerry run`. Each group of cases shares a machine. */
export function interoperate(place: string, target: readonly string[]): void {
  const skip = whyNoNetwork("dumpcap", "tshark", "curl", "nc", "ping", "wrk") ?? false;

  test(`${place}: small talk, frame by frame`, { skip }, async (t) => {
    await Site.use({ target, isCaptured: true }, async (site) => {
      for (const [title, run] of Object.entries(CASES)) await t.test(title, () => run(site));
      await t.test("no frame of all that was malformed", async () => {
        const { frames, findings, probes } = await site.capture!.finish();
        assert.deepEqual(findings, []);
        assert.ok(probes > 0, "the image asked whether a closed window had opened");
        assert.ok(frames > 2_000, `${frames} frames of the image's`);
      });
    });
  });

  test(`${place}: much and fast`, { skip }, async (t) => {
    await Site.use({ target }, async (site) => {
      for (const [title, run] of Object.entries(BULK)) await t.test(title, () => run(site));
    });
  });

  const needsServer = isOnPath("dnsmasq") ? skip : "needs dnsmasq";
  test(`${place}: addresses by DHCP and by a router's announcement`, { skip: needsServer }, async () => {
    const options = { target, addresses: "dynamic", isCaptured: true } as const;
    await Site.use(options, async ({ namespace, address, address6 }) => {
      assert.match(address, /^10\.77\.0\.1\d\d$/);
      assert.match(address6, /^fd77::/);
      for (const host of [address, `[${address6}]`]) {
        assert.equal(await namespace.succeed([...CURL_HELLO, `http://${host}/`]), "hello, world\n");
      }
    });
  });
}
