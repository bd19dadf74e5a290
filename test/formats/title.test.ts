import { expect, test } from 'vitest';
import { titleOf } from '../../src/formats/title.js';

test.each([
  ['efficientnet_b0.static.pb', 'efficientnet_b0.static'],
  ['nets/yolov3.cfg', 'yolov3'],
  ['C:\\nets\\yolo.ncnn.param', 'yolo'],
  ['models/ssd/model.json', 'ssd'],
  ['https://example.org/models/ssd/model.json?download=1', 'ssd'],
  ['mixed/saved_model.pb', 'mixed'],
  ['./model.json', 'model'],
  ['https://example.org/model.json', 'model'],
  ['net.onnx', 'net.onnx'],
])('%s is the model %s', (name, title) => {
  expect(titleOf(name)).toBe(title);
});
