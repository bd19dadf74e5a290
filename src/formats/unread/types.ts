/** A file that no reader takes: named, so that nobody wonders whether it is broken, with the way out. */
export interface Unread {
  /** With its article: `a TensorRT engine`. */
  readonly what: string;
  /** What to do instead. */
  readonly instead: string;
  /** Whether it is no model at all. */
  readonly noModel?: true;
}

export const COMPILED =
  'it is compiled for one kind of chip: give the model that it was made from (ONNX, TensorFlow Lite)';
export const SOURCE = 'give the model that it was converted from (ONNX, TensorFlow, PyTorch)';
export const ENGINE = 'it is made for one GPU: give the ONNX file that it was built from';
export const CLASSICAL =
  'a model of classical machine learning has no layers: of scikit-learn and the like export ONNX with skl2onnx';
export const BOOSTED = 'trees have no layers; opcount counts their ONNX export (onnxmltools)';
export const MXNET = 'export it to ONNX: mxnet.onnx.export_model';
