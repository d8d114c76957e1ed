/**
 * Where a guest's instructions go, a request:
 * `npm run profile:guest -- ENTRY [--connections N] [--close] [--apart] [--path PATH]`.
 *
 * Runs the image of ENTRY under QEMU's TCG with a plugin that counts (needs `cc`, `qemu-system-x86_64` and `wrk`), and
 * prints each function's share, the keel's as one, and the exits to the monitor. `--places TEXT` shows the functions whose name contains TEXT by the offset of
 * each instruction, to be read beside `skerry compile --listing`.
 */
import { parseArgs } from "node:util";
import { canProfile, profileRequests } from "../tests/performance/guest-instructions/profile.ts";

const NUMBER_WIDTH = 9;
const SHOWN_EXITS = 0.001;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    connections: { type: "string", default: "32" },
    seconds: { type: "string", default: "3" },
    close: { type: "boolean", default: false },
    apart: { type: "boolean", default: false },
    places: { type: "string" },
    path: { type: "string", default: "/" },
  },
});
const entry = positionals[0];
if (entry === undefined || !canProfile()) {
  console.error(
    "profile:guest ENTRY [--connections N] [--seconds N] [--close] [--apart] [--path PATH] [--places TEXT]",
  );
  console.error("needs cc, qemu-system-x86_64 and wrk");
  process.exit(2);
}

const profile = await profileRequests(entry, {
  connections: Number(values.connections),
  seconds: Number(values.seconds),
  closes: values.close,
  path: values.path,
  isApart: values.apart,
});
const line = (number: number, text: string): void =>
  console.log(`${number.toFixed(1).padStart(NUMBER_WIDTH)}  ${text}`);
console.log(`${profile.requests} requests; each, of ${values.connections} connections:`);
line(profile.instructions, `instructions, ${profile.keel.toFixed(1)} of them in ring 0`);
console.log(`${profile.exits.toFixed(3).padStart(NUMBER_WIDTH)}  exits`);
console.log(`${profile.sleeps.toFixed(3).padStart(NUMBER_WIDTH)}  sleeps`);
for (const { name, instructions, exits } of profile.functions) {
  const told = exits >= SHOWN_EXITS ? `${name}, ${exits.toFixed(3)} exits` : name;
  if (instructions >= 0.5 || exits >= SHOWN_EXITS) line(instructions, told);
}
if (values.places !== undefined) {
  for (const { name, places } of profile.functions.filter((one) => one.name.includes(values.places!))) {
    console.log(`\n${name}`);
    for (const [at, count] of [...places].sort(([one], [other]) => one - other)) line(count, at.toString(16));
  }
}
