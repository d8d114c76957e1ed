import test from "node:test";
import assert from "node:assert/strict";
import { Relocation } from "../abi/object.ts";
import { TrapKind } from "../abi/trap.ts";
import type { FunctionType } from "../abi/wasm.ts";
import type { ImportSource } from "../linker/program.ts";
import { compiledModule } from "../linker/test-module.ts";
import { linkForProcess } from "../platform/process/platform.ts";
import { UD2 } from "../x64/tables/index.ts";
import { CrashReports } from "./crash-report.ts";
import { parseControlRecord } from "./native/control-records.ts";
import type { Launchable } from "./target.ts";

const NOTHING: FunctionType = { parameters: [], results: [] };

/** `start` calls `middle`, which calls `fail`; a frame has 8 bytes and the return address. */
function program(instanceName = "app") {
  const module = compiledModule({
    functions: [
      {
        name: "fail",
        type: NOTHING,
        emit: (a) => {
          a.trapSite(TrapKind.Unreachable, 1);
          a.none(UD2);
        },
      },
      { name: "middle", type: NOTHING, emit: (a) => a.callRelocated(Relocation.Function, 0) },
      { name: "start", type: NOTHING, emit: (a) => a.callRelocated(Relocation.Function, 1) },
    ],
  });
  const none: readonly ImportSource[] = [];
  const linked = linkForProcess({ instances: [{ name: instanceName, module, imports: none }] });
  const [instance] = linked.instances;
  const at = (index: number) => instance!.code + module.functions[index]!.offset;
  const trapAt = instance!.code + module.traps[0]!;
  // `sub rsp, 8` has 4 bytes, the call 5.
  const returnInto = (index: number) => at(index) + 9;
  return { linked, trapAt, returnInto };
}

function reports(linked: ReturnType<typeof program>["linked"], sourceMap?: string): CrashReports {
  const image: Launchable = {
    manifest: { format: 1, name: "test", face: "native", services: [], modules: [] },
    inputs: [],
    ...(sourceMap === undefined ? {} : { sourceMap }),
  };
  return new CrashReports(image, { elf: new Uint8Array(), linked });
}

const hex = (value: number) => value.toString(16);

/** The map's one line: bytes 0x100, 0x200, 0x300 are lines 5, 6, 7. */
const MAP = JSON.stringify({ version: 3, sources: ["main.ts"], names: [], mappings: "gQAIE,gQACA,gQACA" });

test("a trap is told with its kind, and its functions by file and line", () => {
  const { linked, trapAt, returnInto } = program();
  const line = `trap 0 6 ${hex(trapAt)} 0 0:${hex(trapAt)} 8:${hex(returnInto(1))} 18:${hex(returnInto(2))}`;
  assert.equal(
    reports(linked, MAP).take(parseControlRecord(line)),
    [
      "the app trapped: unreachable",
      "    at fail (main.ts:5:3)",
      "    at middle (main.ts:6:3)",
      "    at start (main.ts:7:3)",
      "",
    ].join("\n"),
  );
});

test("without a map functions have their names, and the walk ends where a word is missing", () => {
  const { linked, trapAt, returnInto } = program("engine");
  const line = `trap 0 6 ${hex(trapAt)} 0 8:${hex(returnInto(1))}`;
  const text = reports(linked, MAP).take(parseControlRecord(line));
  assert.equal(text, "the app trapped: unreachable\n    at fail\n    at middle\n");
});

test("an abort's words are its trap's, once, and end no line", () => {
  const { linked, trapAt } = program();
  const crash = reports(linked);
  const trap = parseControlRecord(`trap 0 100 ${hex(trapAt)} 0`);
  assert.equal(crash.take(parseControlRecord("abort 0 no\u001b such key (main.ts:3:5)")), undefined);
  assert.match(crash.take(trap)!, /^the app trapped: no\\u\{1b\} such key \(main\.ts:3:5\)\n {4}at fail\n$/);
  assert.match(crash.take(trap)!, /^the app trapped: abort\n/);
});

test("of aborts without traps the last one alone is kept", () => {
  const { linked, trapAt } = program();
  const crash = reports(linked);
  for (let who = 0; who < 1000; who++) crash.take(parseControlRecord(`abort ${hex(who)} ${who}`));
  assert.match(
    crash.take(parseControlRecord(`trap 1 100 ${hex(trapAt)} 0`))!,
    /^compartment 1 trapped: abort\n/,
  );
  crash.take(parseControlRecord("abort 1 once"));
  assert.match(
    crash.take(parseControlRecord(`trap 1 100 ${hex(trapAt)} 0`))!,
    /^compartment 1 trapped: once\n/,
  );
});

test("a trap outside the modules is told from the nearest call into them", () => {
  const { linked, returnInto } = program();
  const line = `trap 0 6 fffff 0 8:fffff 20:${hex(returnInto(1))} 30:${hex(returnInto(2))}`;
  const text = reports(linked).take(parseControlRecord(line));
  assert.match(
    text!,
    /an invalid instruction at code offset 0xfffff, address 0x0\n {4}at middle\n {4}at start\n$/,
  );
});

test("causes besides the processor's have words of their own, and so has the kernel", () => {
  const { linked, trapAt } = program();
  const crash = reports(linked);
  const said = (who: string, cause: string) =>
    crash.take(parseControlRecord(`trap ${who} ${cause} ${hex(trapAt)} 0`))!.split("\n")[0];
  assert.equal(said("0", "101"), "the app trapped: it ran longer than its time limit");
  assert.equal(said("1", "102"), "compartment 1 trapped: the machine has no memory left for it");
  assert.equal(said("0", "103"), "the app trapped: call stack exhausted");
  assert.equal(said("kernel", "6"), "kernel fault: unreachable");
});
