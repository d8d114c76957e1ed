/** A promise that is rejected while nobody listens, on every target: the client's 500, the log, the server that goes on. */
import assert from "node:assert/strict";
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { testEverywhere } from "./everywhere.ts";
import { ROOT } from "./skerry.ts";

testEverywhere(
  "what fails in an async handler is the client's 500, and the server goes on",
  () => buildImage(path.join(ROOT, "tests/apps/rejections.ts")),
  async (url) => {
    for (const target of ["/fails", "/later"]) {
      const { status } = await fetch(url + target);
      assert.deepEqual([target, status], [target, 500]);
    }
    assert.equal(await (await fetch(url)).text(), "fine");
  },
  {
    errors: /^(Uncaught \(in promise\) RangeError: nobody listens\n {4}at work \(rejections\.ts:6:[^]*?){2}$/,
  },
);
