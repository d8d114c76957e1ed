/**
 * Random modules from Binaryen's fuzzer: `wasm-opt -ttf` turns any bytes into a valid module.
 *
 * Debian's (package `binaryen`): it takes 10 ms, where the build that comes with AssemblyScript takes a second. Its
 * reference types are those of an older draft, so they stay off. Its modules export what bounds their running
 * time (`hangLimitInitializer`) and what shows their memory (`hashMemory`); NaNs are replaced as they arise.
 */
import os from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ValueType, type FunctionType } from "../../src/abi/wasm.ts";
import { decodeModule } from "../../src/compiler/wasm/decode.ts";
import { callsOf } from "./calls.ts";
import { Choice } from "./choice.ts";
import type { Call, TestCase } from "./execution.ts";

const WASM_OPT = "/usr/bin/wasm-opt";
const ARGUMENTS = [
  "--translate-to-fuzz",
  "--denan",
  "--quiet",
  "--enable-multivalue",
  "--enable-simd",
  "--enable-bulk-memory",
  "--enable-sign-ext",
  "--enable-nontrapping-float-to-int",
  "--enable-mutable-globals",
  "--enable-tail-call",
];
const INPUT_BYTES_LIMIT = 6000;
const BEFORE = "hangLimitInitializer";
const AFTER = "hashMemory";

export function hasBinaryen(): boolean {
  return existsSync(WASM_OPT);
}

export const INSTALL_BINARYEN = `${WASM_OPT} is not there: install Debian's package binaryen`;

export function binaryenCase(seed: number): TestCase {
  const choice = new Choice(seed);
  const input = Uint8Array.from({ length: choice.between(200, INPUT_BYTES_LIMIT) }, () => choice.below(256));
  const file = path.join(os.tmpdir(), `skerry-fuzz-${process.pid}`);
  try {
    writeFileSync(file, input);
    execFileSync(WASM_OPT, [...ARGUMENTS, file, "-o", `${file}.wasm`], { stdio: "ignore" });
    const wasm = new Uint8Array(readFileSync(`${file}.wasm`));
    return { wasm, calls: binaryenCalls(wasm, seed) };
  } finally {
    rmSync(file, { force: true });
    rmSync(`${file}.wasm`, { force: true });
  }
}

/** Every export that takes and gives numbers, each call with its fuel before it and its memory shown after it. */
function binaryenCalls(wasm: Uint8Array, seed: number): Call[] {
  const module = decodeModule(wasm);
  const types = new Map<string, FunctionType>();
  for (const one of module.exports) {
    if (one.kind === "function") types.set(one.name, module.types[module.functionTypes[one.index]!]!);
  }
  const isNumeric = (type: FunctionType) =>
    [...type.parameters, ...type.results].every((value) => value >= ValueType.F64);
  const special = (name: string): Call[] => {
    const type = types.get(name);
    return type === undefined ? [] : [{ name, type, values: [] }];
  };
  const functions = [...types].flatMap(([name, type]) =>
    isNumeric(type) && name !== BEFORE && name !== AFTER ? [{ name, type }] : [],
  );
  return callsOf(functions, seed, false).flatMap((call) => [...special(BEFORE), call, ...special(AFTER)]);
}
