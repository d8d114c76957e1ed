/** Why a top level is not in the snapshot: the line that is named is the app's, or a package's. */
import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildImage } from "../image/image.ts";
import { buildNativeImage } from "./native-image.ts";

test("the line that reads the environment is named, not the one of node:process", async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-left-out-"));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  };
  const handler = `export default { fetch: () => new Response("x") };`;
  write("node_modules/reader/index.js", `\n\nexport const home = process.env.HOME;`);
  write("own.ts", `\nexport const home = process.env["HOME"];\n${handler}`);
  write("package.ts", `import { home } from "reader";\nconsole.debug;\nexport { home };\n${handler}`);
  try {
    const leftOut = async (file: string) => {
      const image = await buildImage(path.join(directory, file));
      return (await buildNativeImage(image, "process")).appLeftOut ?? "";
    };
    assert.match(await leftOut("own.ts"), /^its top level reads the environment \(own\.ts:2:\d+\)$/);
    assert.match(await leftOut("package.ts"), /\(node_modules\/reader\/index\.js:3:\d+\)$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
