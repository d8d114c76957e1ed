import test from "node:test";
import assert from "node:assert/strict";
import { inspectImage } from "../inspect.ts";
import type { Inspection } from "../inspection.ts";
import { sbomOf } from "../sbom.ts";
import { exampleImage, PLATFORMS } from "../tampering.harness.ts";
import { pageReport } from "./page.ts";
import { textReport } from "./text.ts";

/** Elements that have an end, opened and closed in order: what a parser would mend is a mistake here. */
function unbalanced(page: string): string | undefined {
  const open: string[] = [];
  const inside = page.replace(/<style>[^]*<\/style>/, "").replace("<!doctype html>", "");
  for (const [tag, slash, name, rest] of inside.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g)) {
    if (slash === "/") {
      if (open.pop() !== name) return tag;
    } else if (!rest!.endsWith("/") && name !== "meta" && name !== "br") open.push(name!);
  }
  return open.pop();
}

for (const platform of PLATFORMS) {
  test(`the page is whole, asks for nothing, and runs nothing: ${platform}`, async () => {
    const page = pageReport(inspectImage(await exampleImage("hono/server.ts", platform)));
    assert.equal(unbalanced(page), undefined);
    assert.equal(unbalanced(page.replace("</main>", "")), "</body>", "it would be found");
    assert.doesNotMatch(
      page,
      /<(script|link|img|iframe|object|embed|base|form)\b|\ssrc=|\shref=|\son[a-z]+=|@import|url\(/i,
    );
    assert.match(
      page,
      /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"/,
    );
    assert.ok(page.length < 100_000, `${page.length} bytes`);
  });
}

const HOSTILE = `"'><script>alert(1)</script>&`;

/** Every text that an image's maker chooses. */
function poisoned(inspection: Inspection): Inspection {
  const list = [`${HOSTILE}.${HOSTILE}`];
  return {
    ...inspection,
    name: HOSTILE,
    builder: HOSTILE,
    compartments: inspection.compartments.map((each) => ({ ...each, granted: list })),
    bytes: inspection.bytes.map((each) => ({
      ...each,
      groups: [{ name: HOSTILE, sizeBytes: each.sizeBytes }],
    })),
    addressSpace: inspection.addressSpace.map((window) => {
      return { ...window, ranges: window.ranges.map((range) => ({ ...range, what: HOSTILE })) };
    }),
    reach: { ...inspection.reach, devices: [{ name: HOSTILE, driver: "kernel" }], fromApp: list },
    packages: [{ name: HOSTILE, version: HOSTILE, licence: HOSTILE, in: "app" }],
    outbound: [HOSTILE],
  };
}

test("whatever an image says of itself is text", async () => {
  const inspection = poisoned(inspectImage(await exampleImage("hono/server.ts", "bare")));
  const page = pageReport(inspection);
  assert.doesNotMatch(page, /<script/);
  assert.ok(page.split("&lt;script&gt;").length > 20);
  assert.equal(unbalanced(page), undefined);
  assert.ok(textReport(inspection, { columns: 80, title: (text) => text }).includes(HOSTILE));
  const [, found] = sbomOf(inspection)
    .components.filter(({ type }) => type === "library")
    .reverse();
  assert.ok(found);
  assert.ok(
    sbomOf(inspection).components.some(({ licenses }) => JSON.stringify(licenses ?? "").includes('"name"')),
  );
});
