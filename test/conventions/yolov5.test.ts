import { expect, test } from 'vitest';
import { yoloSummary } from '../../src/conventions/yolov5.js';
import { sym } from '../../src/dim/index.js';
import { readYolo } from '../../src/formats/yolo/read.js';
import { resnet18 } from '../../src/models/vision/resnet.js';
import { architecture } from '../../src/models/yolo/architectures.js';
import { buildModel } from '../../src/models/yolo/model.js';
import { readModule } from '../../src/torch/nn/index.js';
import { bindLedger } from '../../src/transforms/index.js';

const ledgerOf = (name: string, side = 64) =>
  readModule(buildModel(architecture(name)!), [{ shape: [sym('batch'), 3, side, side] }]);

test('the line of release and of main, whatever image the facts are about', () => {
  const release = 'YOLOv5s summary: 214 layers, 7235389 parameters, 7235389 gradients, 16.6 GFLOPs';
  expect(yoloSummary(ledgerOf('yolov5s'))!.line).toBe(release);
  expect(yoloSummary(bindLedger(ledgerOf('yolov5s', 320), new Map([['batch', 8]])))!.line).toBe(release);
  expect(yoloSummary(ledgerOf('yolov5s'), { version: 'master' })!.line).toBe(
    'YOLOv5s summary: 125 layers, 7,235,389 parameters, 7,235,389 gradients, 16.6 GFLOPs',
  );
  expect(yoloSummary(ledgerOf('yolov5s'), { fused: true })!.line).toBe(
    'YOLOv5s summary: 157 layers, 7225885 parameters, 7225885 gradients, 16.4 GFLOPs',
  );
});

test('names are capitalised as each version does it', () => {
  expect(yoloSummary(ledgerOf('yolov3-tiny'))!.line).toMatch(/^yolov3-tiny summary/);
  expect(yoloSummary(ledgerOf('yolov3-tiny'), { version: 'master' })!.line).toMatch(/^YOLOv3-tiny summary/);
});

test('other sizes of image, and those that cannot be run', () => {
  const at = (imgsz: number | [number, number]) => yoloSummary(ledgerOf('yolov5n'), { imgsz })!;
  expect(at(640).formula).toBe('5704960*h*w');
  expect(at(1280).gflops).toBeCloseTo(4 * at(640).gflops!, 9);
  expect(at([320, 640]).gflopsDirect).toBeCloseTo(at(640).gflops! / 2, 9);
  const odd = at(650);
  expect([odd.gflopsDirect, odd.why]).toEqual([null, expect.stringContaining('not multiples of 32')]);
});

test('work that does not grow with the area is named', () => {
  const { module } = readYolo(
    `nc: 10
depth_multiple: 1
width_multiple: 1
anchors: 3
backbone: [[-1, 1, Conv, [16, 3, 2]]]
head: [[-1, 1, Classify, [16, 10]]]`,
  );
  const summary = yoloSummary(readModule(module, [{ shape: [1, 3, 64, 64] }]))!;
  expect(summary.why).toContain('slower than the area');
  expect(summary.why).toContain('model.1.linear (12800)');
  expect(summary.why).toMatch(/GFLOPs too high$/);
  expect(summary.gflops!).toBeGreaterThan(summary.gflopsDirect!);
});

test('frozen layers have parameters without gradients, merged or not', () => {
  const model = buildModel(architecture('yolov5n')!);
  model.layers[0]!.module.requires_grad_(false);
  const ledger = readModule(model, [{ shape: [1, 3, 64, 64] }]);
  const gradients = (fused: boolean) => yoloSummary(ledger, { fused })!.gradients;
  expect(gradients(false)).toBe(1872157 - 1760);
  expect(gradients(true)).toBe(1867405 - (1760 - 16));
});

test('what has no formula is counted at both sizes; what does not run on the small image has no GFLOPs', () => {
  const of = (rows: string, side: number) => {
    const text = `nc: 10\ndepth_multiple: 1\nwidth_multiple: 1\nanchors: 3\nbackbone: [${rows}]\nhead: []`;
    const ledger = readModule(readYolo(text, { name: 'mine.yaml' }).module, [{ shape: [1, 3, side, side] }]);
    return yoloSummary(ledger, { counter: 'ultralytics-thop' })!;
  };
  const pooled = of('[-1, 1, Conv, [16]], [-1, 1, nn.AdaptiveAvgPool2d, [70]], [-1, 1, Conv, [16]]', 640);
  expect(pooled.formula).toBeNull();
  expect(pooled.gflops).toBeGreaterThan(pooled.gflopsDirect!);
  expect(pooled.why).toBe('the count has no formula in height and width');
  const large = of('[-1, 1, nn.Conv2d, [3, 8, 64]], [-1, 1, nn.Conv2d, [8, 8, 64]]', 640);
  expect([large.gflops, large.line]).toEqual([null, expect.stringMatching(/^mine summary: .* gradients$/)]);
});

test('only of YOLOv5 models', () => {
  expect(yoloSummary(readModule(resnet18(), [{ shape: [1, 3, 64, 64] }]))).toBeNull();
});
