/**
 * A graph as text, for people and for the golden tests: a block's way in, its phis and values, its way out.
 *
 *   b2 from b0 b3, loop 1
 *     v9 = i32 phi v0 v14
 *     v12 = i32 load8_u v9 +4
 *     branch v12 ? b3 : b4
 *
 * Constants stand where they are used. Values are numbered anew, in the order in which they are shown.
 */
import { valueTypeName, ValueType } from "../../abi/wasm.ts";
import { rowOf } from "../wasm/tables/opcodes.ts";
import { accessOf, SIMD_ACCESS } from "./tables/access.ts";
import { End, NONE, type Block, type Graph, type Value } from "./graph.ts";
import { Op, opcodeOf } from "./tables/op.ts";

const OWN_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [Op.Parameter, "parameter"],
  [Op.Phi, "phi"],
  [Op.Projection, "result"],
  [Op.Select, "select"],
  [Op.GlobalGet, "global.get"],
  [Op.GlobalSet, "global.set"],
  [Op.Call, "call"],
  [Op.CallIndirect, "call_indirect"],
  [Op.FunctionReference, "ref.func"],
  [Op.IsNull, "ref.is_null"],
  [Op.TableGet, "table.get"],
  [Op.TableSet, "table.set"],
  [Op.I64MulHighU, "i64.mul_high_u"],
  [Op.I64MulHighS, "i64.mul_high_s"],
]);
/** Operations with an index or number behind them. */
const WITH_NUMBER: ReadonlySet<number> = new Set<number>([
  Op.Parameter,
  Op.Projection,
  Op.GlobalGet,
  Op.GlobalSet,
  Op.Call,
  Op.CallIndirect,
  Op.FunctionReference,
  Op.TableGet,
  Op.TableSet,
  Op.TableSize,
  Op.TableGrow,
  Op.TableFill,
  Op.MemoryInit,
  Op.DataDrop,
  Op.TableInit,
  Op.ElemDrop,
  Op.TableCopy,
]);

export function listGraph(graph: Graph): string {
  return new Lister(graph).run();
}

export function nameOfOp(op: number): string {
  return OWN_NAMES.get(op) ?? rowOf(opcodeOf(op)).name;
}

class Lister {
  private readonly graph: Graph;
  private readonly numbers = new Map<Value, number>();
  private readonly blocks = new Map<Block, number>();

  constructor(graph: Graph) {
    this.graph = graph;
    for (const [index, block] of graph.blocks.entries()) {
      this.blocks.set(block, index);
      for (const value of [...block.phis, ...block.values]) this.numbers.set(value, this.numbers.size);
    }
  }

  run(): string {
    const lines = this.graph.blocks.flatMap((block) => [
      this.head(block),
      ...block.phis.map((phi) => `  ${this.line(phi)}`),
      ...block.values.map((value) => `  ${this.line(value)}`),
      `  ${this.end(block)}`,
    ]);
    return `${lines.join("\n")}\n`;
  }

  private block(block: Block): string {
    return `b${this.blocks.get(block) ?? "?"}`;
  }

  private head(block: Block): string {
    const from = block.predecessors.map((each) => ` ${this.block(each)}`).join("");
    const loop = block.loop === undefined ? "" : `, loop ${block.loop.depth}`;
    return `${this.block(block)}${from === "" ? "" : ` from${from}`}${loop}`;
  }

  private value(value: Value): string {
    if (!value.isConstant) return `v${this.numbers.get(value) ?? "?"}`;
    return showConstant(value);
  }

  private values(values: readonly Value[]): string {
    return values.map((each) => ` ${this.value(each)}`).join("");
  }

  private line(value: Value): string {
    const made = value.type === NONE ? "" : `v${this.numbers.get(value)} = ${valueTypeName(value.type)} `;
    const own = value.type === NONE ? "" : `${valueTypeName(value.type)}.`;
    const name = nameOfOp(value.op);
    const short = own !== "" && name.startsWith(own) ? name.slice(own.length) : name;
    return `${made}${short}${numbers(value)}${this.values(value.args)}${offset(value)}`;
  }

  private end({ end, inputs, successors, cases, target, target2 }: Block): string {
    const to = (index: number) => this.block(successors[index]!);
    const given = this.values(inputs);
    switch (end) {
      case End.Jump:
        return `jump ${to(0)}`;
      case End.Branch:
        return `branch${given} ? ${to(0)} : ${to(1)}`;
      case End.Switch:
        return `switch${given} : ${cases.map(to).join(" ")}`;
      case End.Return:
        return `return${given}`;
      case End.Trap:
        return "unreachable";
      case End.TailCall:
        return `return_call ${target}${given}`;
      case End.TailCallIndirect:
        return `return_call_indirect type ${target} table ${target2}${given}`;
    }
  }
}

function numbers({ op, immediate, immediate2, big }: Value): string {
  if (op === Op.CallIndirect) return ` type ${immediate} table ${immediate2}`;
  if (op === Op.TableInit || op === Op.TableCopy) return ` ${immediate} ${immediate2}`;
  if (WITH_NUMBER.has(op)) return ` ${immediate}`;
  if (op < Op.Simd || op >= Op.Atomic) return "";
  const lanes = big === 0n ? "" : ` 0x${big.toString(16)}`;
  return immediate2 === 0 ? lanes : ` lane ${immediate2}`;
}

function offset({ op, immediate }: Value): string {
  const isAccess = accessOf(op) !== undefined || SIMD_ACCESS.has(op) || (op >= Op.Atomic && op < Op.Constant);
  return isAccess && immediate !== 0 ? ` +${immediate}` : "";
}

function showConstant({ type, immediate, big }: Value): string {
  switch (type) {
    case ValueType.I32:
      return `${immediate}`;
    case ValueType.I64:
      return `${big}`;
    case ValueType.F32:
      return `f32:0x${(immediate >>> 0).toString(16)}`;
    case ValueType.FuncRef:
    case ValueType.ExternRef:
      return "null";
    default:
      return `${valueTypeName(type as ValueType)}:0x${big.toString(16)}`;
  }
}
