import { severalSuite } from "../compartment/several-suite.harness.ts";
import { COMPARTMENTS_LIMIT } from "../compartment/plan.ts";
import { runAsProcess } from "./run-image.harness.ts";

severalSuite("process", runAsProcess, COMPARTMENTS_LIMIT);
