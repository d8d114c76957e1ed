/**
 * A path that is narrower than its ends: a router between client and image, whose far side has a smaller MTU, from the
 * start or all of a sudden.
 *
 *   client ── wide 1500 or narrow ── router ── tap0 1500 ── the image
 */
import test from "node:test";
import assert from "node:assert/strict";
import { Namespace, whyNoNetwork } from "./namespace.ts";
import { Peer } from "./peer.ts";
import { GUEST, GUEST6, Site } from "./site.ts";

const MIB = 1024 * 1024;
const NARROW = "1280";
/** Whole segments, and less than a window. */
const SOME_BYTES = 16 * 1024;
const skip = whyNoNetwork("sysctl") ?? false;

test("segments shrink to what the path carries, in the middle of a transfer too", { skip }, async (t) => {
  await Site.use({ target: ["--target", "process"] }, async (site) => {
    const client = new Namespace();
    try {
      await join(site, client);
      const peer = await Peer.start(client);
      const narrow = () => void site.namespace.ip("link", "set", "wide", "mtu", NARROW);
      for (const host of [GUEST, GUEST6]) {
        await t.test(`${host}: the path narrows while the image sends`, async () => {
          site.namespace.ip("link", "set", "wide", "mtu", "1500");
          const length = 8 * MIB;
          const before = sentBytes(site.namespace);
          const transfer = peer.call("download", { host, length, waits: true });
          // The reader waits: some is sent, most is not.
          while (sentBytes(site.namespace) - before < SOME_BYTES)
            await new Promise((resolve) => setTimeout(resolve, 10));
          narrow();
          await peer.call("read", {});
          assert.deepEqual(await transfer, { length, isRight: true });
        });
        await t.test(`${host}: it is narrow from the start`, async () => {
          narrow();
          const length = MIB;
          assert.deepEqual(await peer.call("download", { host, length }), { length, isRight: true });
          const { answer, expected } = await peer.call("upload", { host, length });
          assert.equal(answer, expected);
        });
      }
    } finally {
      await client.remove();
    }
  });
});

/** What the router has sent to the client. */
function sentBytes(router: Namespace): number {
  return Number(/TX: +bytes[^\n]*\n +(\d+)/.exec(router.ip("-s", "link", "show", "wide"))![1]);
}

/** `client` behind the site's Linux, which is a router now. */
async function join(site: Site, client: Namespace): Promise<void> {
  const router = site.namespace;
  router.ip("link", "add", "wide", "type", "veth", "peer", "name", "eth0", "netns", client.name);
  for (const name of ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"]) {
    await router.succeed(["sysctl", "-q", "-w", `${name}=1`]);
  }
  router.ip("address", "add", "10.78.0.1/24", "dev", "wide");
  router.ip("address", "add", "fd78::1/64", "dev", "wide", "nodad");
  router.ip("link", "set", "wide", "up");
  client.ip("address", "add", "10.78.0.2/24", "dev", "eth0");
  client.ip("address", "add", "fd78::2/64", "dev", "eth0", "nodad");
  client.ip("link", "set", "eth0", "up");
  client.ip("route", "add", "default", "via", "10.78.0.1");
  client.ip("-6", "route", "add", "default", "via", "fd78::1");
}
