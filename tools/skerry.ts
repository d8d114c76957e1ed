/** The command line from its sources: `node --import ./tools/typescript.mjs tools/skerry.ts run ...`. */
import { runProcess } from "../src/cli/main.ts";

await runProcess();
