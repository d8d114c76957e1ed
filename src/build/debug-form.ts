/**
 * What crash reports and `inspect` read of a `FILE.debug`. That a file is whole says nothing of its content: another
 * version may have written it, or a hand.
 *
 * Tests: image-file.test.ts
 */
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const functionForm = v.object({ index: v.number(), offset: count, sizeBytes: count, frameBytes: count });

const moduleForm = v.object({
  code: v.instance(Uint8Array),
  traps: v.instance(Int32Array),
  places: v.instance(Int32Array),
  functions: v.array(functionForm),
  initializer: functionForm,
  names: v.record(v.string(), v.string()),
  exports: v.array(v.object({ name: v.string(), kind: v.string(), index: count })),
  sourceMapUrl: v.optional(v.string()),
});

const regionForm = v.object({
  start: count,
  end: count,
  frameBytes: v.optional(count),
  instances: v.array(count),
});

const debugForm = v.pipe(
  v.object({
    format: v.literal(1),
    imageSha256: v.string(),
    sourceMap: v.optional(v.string()),
    places: v.object({
      instances: v.array(v.object({ name: v.string(), module: moduleForm })),
      regions: v.array(regionForm),
    }),
  }),
  v.check(({ places: { instances, regions } }) =>
    regions.every((region) => region.instances.every((index) => index < instances.length)),
  ),
);

export function hasDebugForm(content: unknown): boolean {
  return v.is(debugForm, content);
}
