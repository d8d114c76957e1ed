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
          const transfer = peer.call("download", { host, length, pauseMs: 300 });
          setTimeout(narrow, 150); // the reader waits: some is sent, most is not
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
