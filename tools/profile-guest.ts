/** Where a guest's instructions go, a request. */
import { canProfile, profileRequests } from "../tests/performance/guest-instructions/profile.ts";
import { scriptWords } from "./script-words.ts";

const NUMBER_WIDTH = 9;
const SHOWN_EXITS = 0.001;

const words = scriptWords({
  name: "profile:guest",
  takes: "ENTRY",
  about: [
    "Where a guest's instructions for each request go: each function's share, the keel's as one, and exits to the monitor. " +
      "Runs the image of ENTRY under QEMU's TCG with a plugin that counts; needs cc, qemu-system-x86_64 and wrk.",
  ],
  options: {
    connections: { value: "N", default: "32", help: "opened by wrk" },
    seconds: { value: "N", default: "3", help: "how long it asks" },
    close: { help: "a new connection for each request" },
    apart: { help: "a fresh compartment for each request" },
    path: { value: "PATH", default: "/", help: "the path requested" },
    places: {
      value: "TEXT",
      help: "functions whose name contains it, instruction by instruction; to be read with skerry compile --listing",
    },
  },
  examples: ["examples/hello/server.ts", "examples/http-native/main.ts --connections 1"],
});
const entry = words.positionals[0] ?? words.refuse("expected an ENTRY");
if (!canProfile()) words.refuse("cc, qemu-system-x86_64 or wrk is missing here");

const profile = await profileRequests(entry, {
  connections: words.number("connections"),
  seconds: words.number("seconds"),
  closes: words.has("close"),
  path: words.text("path"),
  isApart: words.has("apart"),
});
const line = (number: number, text: string): void =>
  console.log(`${number.toFixed(1).padStart(NUMBER_WIDTH)}  ${text}`);
console.log(`${profile.requests} requests; each, of ${words.text("connections")} connections:`);
line(profile.instructions, `instructions, ${profile.keel.toFixed(1)} of them in ring 0`);
console.log(`${profile.exits.toFixed(3).padStart(NUMBER_WIDTH)}  exits`);
console.log(`${profile.sleeps.toFixed(3).padStart(NUMBER_WIDTH)}  sleeps`);
for (const { name, instructions, exits } of profile.functions) {
  const told = exits >= SHOWN_EXITS ? `${name}, ${exits.toFixed(3)} exits` : name;
  if (instructions >= 0.5 || exits >= SHOWN_EXITS) line(instructions, told);
}
const text = words.find("places");
if (text !== undefined) {
  for (const { name, places } of profile.functions.filter((one) => one.name.includes(text))) {
    console.log(`\n${name}`);
    for (const [at, count] of [...places].sort(([one], [other]) => one - other)) line(count, at.toString(16));
  }
}
