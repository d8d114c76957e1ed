/**
 * What an app behind the gateway learns of destinations that do not answer: in a namespace whose Linux refuses, knows no
 * way, forbids, or sends into nothing.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { Skerry } from "../functional/skerry.ts";
import { Namespace, whyNoNetwork } from "./namespace.ts";

const HOST_PORT = 8080;
const ASKED_LIMIT = 200;
const skip = whyNoNetwork("curl") ?? false;

/** By Linux's own kinds of routes (ip-route(8)); what goes into `void0` nobody takes. */
const ROUTES: readonly string[] = [
  "link add void0 type veth peer name void1",
  "link set void0 arp off up",
  "link set void1 up",
  "address add 203.0.113.1/24 dev void0",
  "route add unreachable 192.0.2.0/24",
  "route add prohibit 198.51.100.0/24",
  "-6 route add unreachable 2001:db8:1::/48",
  "-6 route add prohibit 2001:db8:2::/48",
];

const unreachable = (end: string) => `TypeError: fetch failed: ${end}:80: it cannot be reached`;
const OUTCOMES: readonly (readonly [url: string, outcome: string])[] = [
  ["http://10.0.2.2:9", "TypeError: fetch failed: 10.0.2.2:9: the connection was refused"],
  ["http://[fd53:4b00::2]:9", "TypeError: fetch failed: [fd53:4b00::2]:9: the connection was refused"],
  ["http://192.0.2.7:80", unreachable("192.0.2.7")],
  ["http://198.51.100.7:80", unreachable("198.51.100.7")],
  ["http://8.8.8.8:80", unreachable("8.8.8.8")],
  ["http://[2001:db8:1::7]:80", unreachable("[2001:db8:1::7]")],
  ["http://[2001:db8:2::7]:80", unreachable("[2001:db8:2::7]")],
  ["http://[2001:db8:3::7]:80", unreachable("[2001:db8:3::7]")],
  // This host's own, on all of whose addresses a server listens: only a grant of that very address leads there.
  ["http://203.0.113.1:80", "TypeError: fetch failed: 203.0.113.1:80: the connection was refused"],
  ["http://203.0.113.1:81", "served"],
  ["http://203.0.113.7:80", "TimeoutError: The operation took too long"],
];
const GRANTS = ["*:80", "[2001:db8::/32]:80", "203.0.113.1:81", "127.0.0.1:9", "[::1]:9"].flatMap((grant) => [
  "--allow",
  grant,
]);

test("an app hears at once what the host hears, and of silence nothing", { skip }, async (t) => {
  const namespace = new Namespace();
  t.after(() => namespace.remove());
  for (const route of ROUTES) namespace.ip(...route.split(" "));
  const served =
    "for (const port of [80, 81]) require('http').createServer((_, to) => to.end('served')).listen(port)";
  namespace.spawn([process.execPath, "-e", served], { stdio: "ignore" });
  const words = ["run", "tests/apps/reaching.ts", "--target", "node", "-p", `${HOST_PORT}:80`, ...GRANTS];
  const machine = await new Skerry(words, undefined, namespace.prefix).listening();
  const ask = (query: string) => namespace.succeed(["curl", "-sgG", machine.url, "--data-urlencode", query]);
  // Its IPv6 address is its own a second after its start: until then nothing of IPv6 can be reached.
  for (let asked = 0; asked < ASKED_LIMIT; asked++) {
    if (!(await ask(`url=${OUTCOMES[1]![0]}`)).includes("cannot be reached")) break;
  }
  for (const [url, outcome] of OUTCOMES) {
    await t.test(url, async () => assert.equal(await ask(`url=${url}`), outcome));
  }
  machine.child.kill("SIGTERM");
  await machine.ended();
});
