/**
 * Files that differ from the specification as it is now: the reviewed list. Each is named by its SHA-256, so that
 * nothing here touches another version of it. All are from Debian's binaryen 108, whose copies keep rules of Wasm
 * 1.0 and of Binaryen's own interpreter.
 */
import type { ProposalName } from "../unsupported.ts";

export interface Deviation {
  readonly name: string;
  /** Commands that ask for what the specification rules out, by the line they begin in. */
  readonly commands?: Readonly<Record<number, ProposalName>>;
  /** A certain quiet NaN is expected where the specification allows any. */
  readonly anyNan?: true;
  /** "print" is imported from "spectest" with any parameters. */
  readonly printsAnything?: true;
}

const OLD = "rules before Wasm 2.0";
const DIALECT = "Binaryen's dialect";

export const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  "4428e0ebb12381a510162708397e8cd8a5cfb98991503c27b8e8ff1e150ec264": {
    name: "linking.wast",
    // What was copied before a segment did not fit stays.
    commands: { 236: OLD, 248: OLD, 342: OLD, 354: OLD },
  },
  "38d34b5d805458d488060c41559a9e163c40532faacbff90716427540e4d689a": {
    name: "func.wast",
    // A function may have several results.
    commands: { 492: OLD, 496: OLD },
  },
  a2b90bdd85fba297a1827a35c03515c770e04769af6a78e07edbbc6602df5593: {
    name: "type.wast",
    commands: { 52: OLD, 56: OLD },
  },
  "1bce5b8827ca4fc79fb6961424b7fe58b8caf39c0868de07cb8e3b302f4272ed": {
    name: "imports.wast",
    // The constant global "global-mut-i64" is imported as a mutable one, and shall not be as the constant it is.
    commands: { 260: DIALECT, 315: DIALECT },
  },
  cab20777e031347696449f48f7bc75407cb39c7b49568a5186b612af5927a00e: {
    name: "ref_func.wast",
    // Imports from "M", which nothing is registered as.
    commands: { 4: DIALECT },
  },
  "572b32f9ed9b29385b9150a68115946049d79c85d4b5ac494237d23cba0fac3f": {
    name: "unreached-invalid.wast",
    // In unreachable code, labels of different types may share a br_table.
    commands: { 538: OLD },
  },
  fb52f6ce39b0134db19ab553e6912e58b87e67a4f88603bf049c35d4568f716f: { name: "simd.wast", anyNan: true },
  beb04ab48eb0f0b1dd034a7052fe4311bbb2ae56813c61381afa1572ed1a7cb9: {
    name: "old_unreachable.wast",
    // The value of a br_if need not be dropped after unreachable code.
    commands: { 3: OLD },
  },
  "8cba1dadf8e3d0f9bfa3d5cc993789930ec2b9b9f53d8b9de97aee0abae9f2f5": {
    name: "old_import.wast",
    // A host function in a table; a global imported as of other types; a second table.
    commands: { 48: OLD, 90: DIALECT, 91: DIALECT, 130: OLD, 134: OLD },
    printsAnything: true,
  },
  "9ddf9dd6b878d22f4d4b11b7c8ec2a59efc7b5251c971bfd339e19056b63fb9f": {
    name: "old_float_exprs.wast",
    anyNan: true,
  },
  eaf185d553acde6411fe2589dafa510ad32f8d69dc1b09213be58054f9f41d41: {
    name: "old_address.wast",
    printsAnything: true,
  },
  "37d731a79ab142ba584e38831fd3d39c01483a1da0c7ca4740662e02c66d69c4": {
    name: "old_start.wast",
    printsAnything: true,
  },
};
