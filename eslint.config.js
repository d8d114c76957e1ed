import tseslint from "typescript-eslint";

/** AssemblyScript parses as TypeScript but means other things: only rules about form apply to it. */
const assembly = [
  "src/kernel/**/*.ts",
  "src/native/**/*.ts",
  "src/faces/**/*.ts",
  "src/gateway/stack/**/*.ts",
  "bench/apps/**/*.ts",
  "bench/compiler/kernels/**/*.ts",
  "bench/compiler/quickjs/**/*.ts",
  "tests/apps/**/*.ts",
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", ".cache"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      "@typescript-eslint/no-empty-function": "off",
    },
  },
  {
    // Web IDL counts the arguments of a call, and a method's length with them.
    files: ["src/runtime/**/*.ts"],
    rules: { "prefer-rest-params": "off" },
  },
  {
    files: assembly,
    ignores: ["**/*.test.ts"],
    rules: {
      eqeqeq: "off",
      "prefer-const": "off",
      "no-unused-private-class-members": "off",
      "no-loss-of-precision": "off",
      "@typescript-eslint/no-loss-of-precision": "off",
      "@typescript-eslint/no-unused-vars": "off",
      "@typescript-eslint/consistent-type-imports": "off",
    },
  },
);
