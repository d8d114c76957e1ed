import { replicaSuite, severalSuite } from "../compartment/several-suite.harness.ts";
import { KINDS_LIMIT } from "../compartment/plan.ts";
import { runAsProcess } from "./run-image.harness.ts";

severalSuite("process", runAsProcess, KINDS_LIMIT);
replicaSuite("process, of one kind", runAsProcess);
