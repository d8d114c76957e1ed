/**
 * The commands of a test script (`.wast`), as the specification's reference interpreter defines them, in the
 * spellings of all its versions.
 *
 * Tests: script.test.ts
 */
import { expressionsOf, ExpressionError, Lines, type Expression, type List } from "./expression.ts";
import { atomText, head, listAt, nameText, ScriptError, UnsupportedError } from "./script-error.ts";
import type { ProposalName } from "./unsupported.ts";
import { parsePattern, parseValue, type Pattern, type Value } from "./value.ts";

export type ModuleSource =
  | { readonly form: "text" | "quote"; readonly text: string }
  | { readonly form: "binary"; readonly bytes: Uint8Array };

/** On an instance by its name in the script, or on the latest one. */
export type Action =
  | {
      readonly kind: "invoke";
      readonly instance: string | undefined;
      readonly name: string;
      readonly arguments: readonly Value[];
    }
  | { readonly kind: "get"; readonly instance: string | undefined; readonly name: string };

export type Command = { readonly line: number } & (
  | {
      readonly kind: "module";
      readonly name: string | undefined;
      readonly module: ModuleSource;
      /** Named, not instantiated. */
      readonly definition: boolean;
    }
  | { readonly kind: "instance"; readonly name: string | undefined; readonly definition: string | undefined }
  | { readonly kind: "register"; readonly as: string; readonly instance: string | undefined }
  | { readonly kind: "action"; readonly action: Action }
  | { readonly kind: "returns"; readonly action: Action; readonly expected: readonly Pattern[] }
  | { readonly kind: "traps"; readonly action: Action; readonly message: string }
  | {
      readonly kind: "refused";
      readonly module: ModuleSource;
      readonly message: string;
      readonly asserts: string;
    }
  | { readonly kind: "unlinkable"; readonly module: ModuleSource; readonly message: string }
  | { readonly kind: "instantiation-traps"; readonly module: ModuleSource; readonly message: string }
  | {
      readonly kind: "unsupported";
      readonly proposal: ProposalName;
      /** It would have made an instance: commands on that are unsupported too. */
      readonly defines?: { readonly name: string | undefined };
    }
  | { readonly kind: "unreadable"; readonly message: string }
);

type CommandBody = Command extends infer C ? (C extends Command ? Omit<C, "line"> : never) : never;

/** Never throws: what cannot be read becomes a command that says so. */
export function parseScript(source: string): Command[] {
  const lines = new Lines(source);
  const commands: Command[] = [];
  const add = (position: number, body: CommandBody): void => {
    commands.push({ line: lines.at(position), ...body } as Command);
  };
  try {
    for (const expression of expressionsOf(source)) {
      if (commands.length === 0 && isModuleField(expression)) {
        add(expression.start, inlineModule(source));
        return commands;
      }
      add(expression.start, readable(source, expression));
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    add(error.position, { kind: "unreadable", message: error.message });
  }
  return commands;
}

function readable(source: string, expression: Expression): CommandBody {
  try {
    if (expression.kind !== "list") throw new ScriptError(expression.start, "expected a command");
    const read = COMMANDS[head(expression)];
    if (read === undefined) throw new ScriptError(expression.start, `unknown command "${head(expression)}"`);
    return read(expression, source);
  } catch (error) {
    if (error instanceof UnsupportedError) return { kind: "unsupported", proposal: error.proposal };
    if (error instanceof ScriptError) return { kind: "unreadable", message: error.message };
    throw error;
  }
}

const FIELDS: ReadonlySet<string> = new Set(
  "type rec import func table memory global export start elem data tag".split(" "),
);

function isModuleField(expression: Expression): boolean {
  return (
    expression.kind === "list" && expression.items[0]?.kind === "atom" && FIELDS.has(expression.items[0].text)
  );
}

/** A file that is the inside of a module. */
function inlineModule(source: string): CommandBody {
  return {
    kind: "module",
    name: undefined,
    module: { form: "text", text: `(module ${source}\n)` },
    definition: false,
  };
}

const COMMANDS: Readonly<Record<string, (list: List, source: string) => CommandBody>> = {
  module: readModule,
  register: (list) => ({ kind: "register", as: nameText(list, 1), instance: optionalName(list, 2) }),
  invoke: (list) => ({ kind: "action", action: readAction(list) }),
  get: (list) => ({ kind: "action", action: readAction(list) }),
  assert_return: (list) => ({
    kind: "returns",
    action: readAction(listAt(list, 1)),
    expected: list.items.slice(2).map((_, index) => parsePattern(listAt(list, index + 2))),
  }),
  assert_return_nan: (list) => returnsNan(list, "nan:arithmetic"),
  assert_return_canonical_nan: (list) => returnsNan(list, "nan:canonical"),
  assert_return_arithmetic_nan: (list) => returnsNan(list, "nan:arithmetic"),
  assert_trap: (list, source) =>
    isAction(listAt(list, 1))
      ? { kind: "traps", action: readAction(listAt(list, 1)), message: messageOf(list) }
      : { kind: "instantiation-traps", ...onModule(list, source) },
  assert_uninstantiable: (list, source) => ({ kind: "instantiation-traps", ...onModule(list, source) }),
  assert_exhaustion: (list) => ({
    kind: "traps",
    action: readAction(listAt(list, 1)),
    message: "call stack exhausted",
  }),
  assert_exception: () => ({ kind: "unsupported", proposal: "exceptions" }),
  assert_suspension: () => ({ kind: "unsupported", proposal: "stack switching" }),
  assert_unlinkable: readUnlinkable,
  assert_invalid: (list, source) => ({ kind: "refused", asserts: "invalid", ...onModule(list, source) }),
  assert_malformed: (list, source) => ({ kind: "refused", asserts: "malformed", ...onModule(list, source) }),
  // Custom sections are not ours to refuse.
  assert_invalid_custom: () => ({ kind: "unsupported", proposal: "custom annotations" }),
  assert_malformed_custom: () => ({ kind: "unsupported", proposal: "custom annotations" }),
  thread: () => ({ kind: "unsupported", proposal: "wait/notify of threads" }),
  wait: () => ({ kind: "unsupported", proposal: "wait/notify of threads" }),
  component: () => ({ kind: "unsupported", proposal: "component model" }),
};

/** Before Wasm 2.0 segments that did not fit were found in linking; now they trap. */
function readUnlinkable(list: List, source: string): CommandBody {
  const { module, message } = onModule(list, source);
  if (message === "elements segment does not fit") {
    return { kind: "instantiation-traps", module, message: "out of bounds table access" };
  }
  if (message === "data segment does not fit") {
    return { kind: "instantiation-traps", module, message: "out of bounds memory access" };
  }
  return { kind: "unlinkable", module, message };
}

function returnsNan(list: List, nan: "nan:canonical" | "nan:arithmetic"): CommandBody {
  return { kind: "returns", action: readAction(listAt(list, 1)), expected: [{ kind: "nan", nan }] };
}

function isAction(list: List): boolean {
  return head(list) === "invoke" || head(list) === "get";
}

function readAction(list: List): Action {
  const instance = optionalName(list, 1);
  const at = instance === undefined ? 1 : 2;
  const name = nameText(list, at);
  if (head(list) === "get") return { kind: "get", instance, name };
  if (head(list) !== "invoke") throw new ScriptError(list.start, `"${head(list)}" is no action`);
  const values = list.items.slice(at + 1).map((_, index) => parseValue(listAt(list, at + 1 + index)));
  return { kind: "invoke", instance, name, arguments: values };
}

function optionalName(list: List, index: number): string | undefined {
  const item = list.items[index];
  return item?.kind === "atom" && item.text.startsWith("$") ? item.text : undefined;
}

function onModule(list: List, source: string): { module: ModuleSource; message: string } {
  const read = readModule(listAt(list, 1), source);
  if (read.kind !== "module") throw new ScriptError(list.start, "expected a module");
  return { module: read.module, message: messageOf(list) };
}

/** Binaryen's tests may leave it out. */
function messageOf(list: List): string {
  return list.items.length > 2 ? nameText(list, 2) : "";
}

/** `(module definition? $name? binary|quote? ...)`, `(module instance $name? $definition?)`. */
function readModule(list: List, source: string): CommandBody {
  if (head(list) !== "module") throw new ScriptError(list.start, "expected a module");
  let at = 1;
  const word = (): string => (list.items[at]?.kind === "atom" ? atomText(list, at) : "");
  if (word() === "instance") {
    return { kind: "instance", name: optionalName(list, 2), definition: optionalName(list, 3) };
  }
  const definition = word() === "definition";
  if (definition) at++;
  const name = optionalName(list, at);
  if (name !== undefined) at++;
  const form = word();
  if (form !== "binary" && form !== "quote") {
    // From the last of those words on: annotations before the first field belong to the text.
    const text = `(module ${source.slice(list.items[at - 1]!.end, list.end)}`;
    return { kind: "module", name, definition, module: { form: "text", text } };
  }
  const parts = list.items.slice(at + 1).map((item) => {
    if (item.kind !== "string") throw new ScriptError(item.start, "expected a string");
    return item.bytes;
  });
  const module: ModuleSource =
    form === "binary"
      ? { form, bytes: new Uint8Array(Buffer.from(parts.join(""), "latin1")) }
      : { form, text: parts.join("") };
  return { kind: "module", name, definition, module };
}
