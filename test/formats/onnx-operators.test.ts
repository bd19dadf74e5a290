import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isStatic } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import type { Shape } from '../../src/tensor/index.js';

/** Half of the operator tests that the ONNX project makes for its backends, declared shapes erased (onnx 1.23). */
interface Case {
  readonly name: string;
  /** A ModelProto in base64. */
  readonly model: string;
  readonly outputs: readonly string[];
  readonly expected: readonly (readonly number[])[];
}
const packed = readFileSync(new URL('../fixtures/onnx/node-tests.json.gz', import.meta.url));
const cases = JSON.parse(gunzipSync(packed).toString()) as readonly Case[];

/**
 * Cases whose shapes depend on what a graph's input holds, and the file does not hold it: no reader can know them. What is
 * inferred has a free dimension there, and is right everywhere else.
 */
const DATA: Readonly<Record<string, readonly string[]>> = {
  'the length of a window is an input': [
    'test_blackmanwindow',
    'test_blackmanwindow_symmetric_expanded',
    'test_hannwindow_expanded',
    'test_hannwindow_symmetric_expanded',
  ],
  'the extents are those of an encoded image': [
    'test_image_decoder_decode_bmp_rgb',
    'test_image_decoder_decode_jpeg2k_rgb',
    'test_image_decoder_decode_jpeg_bgr',
    'test_image_decoder_decode_jpeg_grayscale',
    'test_image_decoder_decode_jpeg_rgb',
    'test_image_decoder_decode_png_rgb',
    'test_image_decoder_decode_webp_rgb',
  ],
  'how many boxes are kept depends on boxes and scores': [
    'test_nonmaxsuppression_center_point_box_format',
    'test_nonmaxsuppression_identical_boxes',
    'test_nonmaxsuppression_iou_threshold_boundary',
    'test_nonmaxsuppression_limit_output_size',
  ],
  'the depth is an input in floating point': [
    'test_onehot_negative_indices',
    'test_onehot_out_of_range_indices',
    'test_onehot_with_axis',
    'test_onehot_with_bfloat16_values',
  ],
  'start, limit and delta are inputs': [
    'test_range_float16_type_positive_delta',
    'test_range_float16_type_positive_delta_expanded',
  ],
  'how many words a text has depends on the text': ['test_string_split_maxsplit'],
  'how many slices differ depends on the data': [
    'test_unique_sorted_with_axis',
    'test_unique_sorted_with_negative_axis',
  ],
};
const unknowable = new Set(Object.values(DATA).flat());

const read = (c: Case): Ledger =>
  readModel(memorySource(Uint8Array.from(Buffer.from(c.model, 'base64')), { name: `${c.name}.onnx` }));
const shapesOf = (c: Case): (Shape | undefined)[] => {
  const { outputs } = read(c);
  return c.outputs.map((name) => outputs.find((o) => o.name === name)?.value.type?.shape);
};

describe('ONNX’s own operator tests', () => {
  test('every shape that the file decides is found', () => {
    const wrong = cases
      .filter((c) => !unknowable.has(c.name))
      .filter((c) => JSON.stringify(shapesOf(c)) !== JSON.stringify(c.expected))
      .map((c) => c.name);
    expect(wrong).toEqual([]);
    console.log(
      `# ONNX operator tests: ${cases.length - unknowable.size} of ${cases.length}, the others depend on data`,
    );
  });

  test('where data decide, nothing is guessed and the rest is right', () => {
    const open = cases.filter((c) => unknowable.has(c.name));
    expect(open).toHaveLength(unknowable.size);
    for (const c of open) {
      // Named here because of an extent that is open: one that is found needs no reason.
      expect(
        shapesOf(c).some((shape) => shape?.some((d) => !isStatic(d))),
        c.name,
      ).toBe(true);
      for (const [k, shape] of shapesOf(c).entries()) {
        const expected = c.expected[k] ?? [];
        expect(shape, c.name).toHaveLength(expected.length);
        expect(shape?.map((d, i) => (isStatic(d) ? d : expected[i]))).toEqual(expected);
      }
    }
  });

  test('no operator is without a rule', () => {
    const unknown = cases.flatMap((c) =>
      read(c).entries.flatMap((e) =>
        e.result.kind === 'gap' && /has no formula/.test(e.result.why) ? [`${c.name}: ${e.type}`] : [],
      ),
    );
    expect(unknown).toEqual([]);
  });
});
