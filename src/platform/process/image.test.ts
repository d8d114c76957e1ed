import { compartmentSuite } from "../compartment/compartment-suite.harness.ts";
import { runAsProcess } from "./run-image.harness.ts";

compartmentSuite("process", runAsProcess);
