/** Instructions on the one table: set, grow, fill, copy, init. */
import { ValueType } from "../../src/abi/wasm.ts";
import { expression } from "./expression.ts";
import type { FunctionScope } from "./shape.ts";

export function tableStatement(scope: FunctionScope): void {
  const { code, choice, module } = scope;
  const slack = scope.isRisky ? 2 : 0;
  const spare = module.functions.length; // the elements behind the functions may change freely
  const index = () => scope.constant32(choice.between(spare, module.tableLength - 1 + slack));
  switch (choice.below(5)) {
    case 0:
      index();
      expression(scope, ValueType.FuncRef, 0);
      return code.byte(0x26, 0);
    case 1:
      expression(scope, ValueType.FuncRef, 0);
      scope.constant32(choice.pick([0, 1, 2, 1000000]));
      code.byte(0xfc, 15, 0);
      return scope.set(scope.writableLocal(ValueType.I32));
    case 2:
      index();
      expression(scope, ValueType.FuncRef, 0);
      scope.constant32(choice.below(2 + slack));
      return code.byte(0xfc, 17, 0);
    case 3:
      index();
      scope.constant32(choice.below(module.tableLength));
      scope.constant32(choice.below(2 + slack));
      return code.byte(0xfc, 14, 0, 0);
    default: {
      if (module.elementSegmentLengths.length === 0) return;
      const segment = choice.below(module.elementSegmentLengths.length);
      if (scope.isRisky && choice.chance(20)) return code.byte(0xfc, 13, segment + 1); // elem.drop
      index();
      scope.constant32(choice.below(module.elementSegmentLengths[segment]!));
      scope.constant32(choice.below(2 + slack));
      code.byte(0xfc, 12, segment + 1, 0);
    }
  }
}
