import { BOOSTED, CLASSICAL, COMPILED, ENGINE, SOURCE, type Unread } from './types.js';

/** Endings that say what a file is where its bytes do not. */
export const NAMES: readonly (Unread & { readonly name: RegExp })[] = [
  {
    name: /\.data-\d+-of-\d+$|(^|[/\\])(variables|model[\w.-]*)\.index$/,
    what: 'a part of a TensorFlow checkpoint',
    instead: 'give the .meta beside it, or the SavedModel’s folder',
  },
  { name: /\.py$/i, what: 'Python source', instead: 'name the class in it: file.py:Net' },
  {
    name: /\.espresso\.(net|shape)$|(^|[/\\])coremldata\.bin$/,
    what: 'a part of a compiled Core ML network',
    instead: 'give the .mlmodel that it was compiled from',
  },
  { name: /\.weights$/i, what: 'weights of Darknet', instead: 'give the .cfg of the network' },
  {
    name: /\.pdiparams$|__params__$/i,
    what: 'weights of PaddlePaddle',
    instead: 'give the .pdmodel or inference.json beside it',
  },
  { name: /\.rknn$/i, what: 'an RKNN model', instead: COMPILED },
  { name: /\.nb$/i, what: 'a model of Paddle Lite', instead: 'give the .pdmodel that it was made from' },
  { name: /\.(dlc|qnn)$/i, what: 'a container of Qualcomm’s SNPE or QNN', instead: COMPILED },
  { name: /\.hef$/i, what: 'a program for Hailo', instead: COMPILED },
  { name: /\.(engine|plan|trt|tensorrt)$/i, what: 'a TensorRT engine', instead: ENGINE },
  { name: /\.om$/i, what: 'a model for Ascend', instead: COMPILED },
  { name: /\.(tmfile|tm)$/i, what: 'a model of Tengine', instead: SOURCE },
  { name: /\.(tnnproto|tnnmodel)$/i, what: 'a model of TNN', instead: SOURCE },
  {
    name: /\.(ms|mindir)$/i,
    what: 'a model of MindSpore',
    instead: 'export it: mindspore.export(net, …, file_format="ONNX")',
  },
  { name: /\.circle$/i, what: 'a Circle model (Samsung ONE)', instead: 'give the .tflite that it was made from' },
  {
    name: /\.(kmodel|blob|bmodel|cvimodel|xmodel|nef|espdl|axmodel|cambricon|vmfb|tvm|elf)$/i,
    what: 'a compiled model',
    instead: COMPILED,
  },
  {
    name: /\.(tflite|lite|onnx)\.(enc|aes|crypt|bin)$|\.(enc|encrypted)$/i,
    what: 'an encrypted model, as it seems',
    instead: 'give the one that it was made from, before it was encrypted',
  },
  { name: /\.caffemodel\.h5$/i, what: 'weights of Caffe', instead: 'give the .prototxt' },
  { name: /\.mge$/i, what: 'a model of MegEngine', instead: 'export it to ONNX with mgeconvert' },
  { name: /\.llamafile$/i, what: 'a llamafile', instead: 'give the .gguf that it was made from' },
  { name: /\.nnef$/i, what: 'a model of NNEF', instead: 'give the ONNX or TensorFlow model that it was made from' },
  { name: /\.(mlir|hlo|stablehlo)$/i, what: 'a program of a compiler (MLIR, HLO)', instead: SOURCE },
  {
    name: /\.(msgpack|orbax)$/i,
    what: 'weights of JAX',
    instead: 'they hold no network: give config.json beside them, or export it to ONNX or a SavedModel',
  },
  { name: /\.mpk$/i, what: 'weights of Burn', instead: SOURCE },
  {
    name: /\.wts$/i,
    what: 'weights as text (tensorrtx)',
    instead: 'they hold no network: give the model that they were taken from',
  },
  { name: /\.cbm$/i, what: 'a model of CatBoost', instead: BOOSTED },
  { name: /\.ubj$/i, what: 'a model of XGBoost', instead: BOOSTED },
  {
    name: /\.cntk$/i,
    what: 'a model of CNTK',
    instead: 'export it: model.save("model.onnx", format=ModelFormat.ONNX)',
  },
  { name: /\.(pmml|joblib)$/i, what: 'a classical model', instead: CLASSICAL },
  { name: /\.(pkl|pickle)$/i, what: 'a pickle', instead: CLASSICAL },
  { name: /\.h5ad$/i, what: 'a table of measurements (AnnData)', instead: 'give the model', noModel: true },
  {
    name: /\.(tflite|lite)$/i,
    what: 'no TensorFlow Lite model by its bytes',
    instead: 'it is encrypted, damaged, or of another kind: give the one that the converter wrote',
    noModel: true,
  },
];
