import test from "node:test";
import assert from "node:assert/strict";
import { ValueType } from "../../src/abi/wasm.ts";
import { parseScript, type Command } from "./script.ts";

function only(source: string): Command {
  const commands = parseScript(source);
  assert.equal(commands.length, 1);
  return commands[0]!;
}

test("modules come as text, bytes or quoted text", () => {
  assert.deepEqual(only("(module $m (func))"), {
    line: 1,
    kind: "module",
    name: "$m",
    definition: false,
    module: { form: "text", text: "(module  (func))" },
  });
  assert.deepEqual(only(String.raw`(module binary "\00a" "sm")`), {
    line: 1,
    kind: "module",
    name: undefined,
    definition: false,
    module: { form: "binary", bytes: new Uint8Array([0, 97, 115, 109]) },
  });
  const quoted = only('(module definition $m quote "(func" ")")');
  assert.ok(quoted.kind === "module" && quoted.definition && quoted.name === "$m");
  assert.deepEqual(quoted.module, { form: "quote", text: "(func)" });
});

test("a file may be the inside of a module", () => {
  const command = only("(memory 1) (func) ;; end");
  assert.ok(command.kind === "module" && command.module.form === "text");
  assert.equal(command.module.text, "(module (memory 1) (func) ;; end\n)");
});

test("instances and registrations are named", () => {
  const [instance, register] = parseScript('(module instance $i $m)\n(register "M" $i)');
  assert.deepEqual(instance, { line: 1, kind: "instance", name: "$i", definition: "$m" });
  assert.deepEqual(register, { line: 2, kind: "register", as: "M", instance: "$i" });
});

test("actions carry their arguments, names are UTF-8", () => {
  const source = Buffer.from('(assert_return (invoke $i "é" (i32.const 1)) (i32.const 2))').toString(
    "latin1",
  );
  const command = only(source);
  assert.ok(command.kind === "returns");
  assert.deepEqual(command.action, {
    kind: "invoke",
    instance: "$i",
    name: "é",
    arguments: [{ type: ValueType.I32, bits: 1n }],
  });
  assert.equal(command.expected.length, 1);
});

test("assert_trap is of an action or of an instantiation", () => {
  assert.equal(only('(assert_trap (invoke "f") "unreachable")').kind, "traps");
  assert.equal(only('(assert_trap (module) "unreachable")').kind, "instantiation-traps");
});

test("a segment that does not fit traps, by whatever name it is asked for", () => {
  const command = only('(assert_unlinkable (module) "elements segment does not fit")');
  assert.deepEqual(command.kind === "instantiation-traps" && command.message, "out of bounds table access");
  assert.equal(only('(assert_unlinkable (module) "unknown import")').kind, "unlinkable");
});

test("the assertions of Wasm 1.0 on NaNs", () => {
  const command = only('(assert_return_canonical_nan (invoke "f"))');
  assert.deepEqual(command.kind === "returns" && command.expected, [{ kind: "nan", nan: "nan:canonical" }]);
});

test("a command that cannot be read is one, and those after it are read", () => {
  const kinds = parseScript('(assert_returns)(assert_return (invoke 1))(invoke "f")(').map(
    (each) => each.kind,
  );
  assert.deepEqual(kinds, ["unreadable", "unreadable", "action", "unreadable"]);
});

test("commands of proposals are named by them", () => {
  const command = only('(assert_exception (invoke "f"))');
  assert.equal(command.kind === "unsupported" && command.proposal, "exceptions");
});
