import { byName } from '../source/by-name.js';

const TORCH = "export it: torch.onnx.export(model, args, 'model.onnx', dynamo=True), then opcount bench model.onnx";
const TENSORFLOW = 'export it: python -m tf2onnx.convert (package tf2onnx), then opcount bench model.onnx';

/** How a model of another format becomes one of ONNX. */
const WAYS: Readonly<Record<string, string>> = byName({
  'built-in': TORCH,
  nn: TORCH,
  python: TORCH,
  pt2: TORCH,
  torchscript: TORCH,
  yolo: 'export it with YOLOv5: python export.py --weights yolov5s.pt --include onnx, then opcount bench yolov5s.onnx',
  transformers: 'export it: optimum-cli export onnx --model NAME folder/, then opcount bench folder/model.onnx',
  gguf: 'llama-bench of llama.cpp measures such files',
  keras: "export it: model.export('model.onnx', format='onnx') of Keras 3, then opcount bench model.onnx",
  tensorflow: TENSORFLOW,
  tflite:
    'export it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx, then opcount bench model.onnx',
  tfjs: 'export the model that it was converted from: python -m tf2onnx.convert, then opcount bench model.onnx',
});

export function exportHint(format: string): string {
  return WAYS[format] ?? 'export it to ONNX, then opcount bench model.onnx';
}
