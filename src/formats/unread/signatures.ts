import { BOOSTED, COMPILED, ENGINE, MXNET, type Unread } from './types.js';

interface Signature extends Unread {
  readonly at: number;
  /** Characters as bytes. */
  readonly bytes: string;
}

export const WEB_PAGE = {
  what: 'a web page',
  instead: 'check the link: download the file itself (“raw”, or “resolve” in place of “blob”)',
  noModel: true,
} as const;
const IMAGE = { instead: 'give the model', noModel: true } as const;
const ARCHIVE = 'unpack it, and give the model in it';
const RKNN = { what: 'an RKNN model', instead: COMPILED } as const;

/** First bytes, the more telling ones first. */
export const SIGNATURES: readonly Signature[] = [
  {
    what: 'a Git LFS pointer, not the model',
    instead: 'run `git lfs pull` where it was cloned, or download the file itself',
    at: 0,
    bytes: 'version https://git-lfs',
    noModel: true,
  },
  { ...WEB_PAGE, at: 0, bytes: '<!DOCTYPE' },
  { ...WEB_PAGE, at: 0, bytes: '<!doctype' },
  { ...WEB_PAGE, at: 0, bytes: '<html' },
  { ...WEB_PAGE, at: 0, bytes: '<HTML' },
  { what: 'a PNG image', ...IMAGE, at: 0, bytes: '\x89PNG' },
  { what: 'a JPEG image', ...IMAGE, at: 0, bytes: '\xff\xd8\xff' },
  { what: 'a PDF', ...IMAGE, at: 0, bytes: '%PDF' },
  {
    what: 'a NumPy array',
    instead: 'it holds numbers and no network: export the model that they belong to',
    at: 0,
    bytes: '\x93NUMPY',
    noModel: true,
  },
  { what: 'a GGML file', instead: 'convert it to GGUF with the scripts of llama.cpp', at: 0, bytes: 'lmgg' },
  { what: 'a GGML file', instead: 'convert it to GGUF with the scripts of llama.cpp', at: 0, bytes: 'fmgg' },
  { what: 'a GGML file', instead: 'convert it to GGUF with the scripts of llama.cpp', at: 0, bytes: 'tjgg' },
  {
    what: 'a bundle of LiteRT-LM',
    instead: 'give the .tflite files in it, or the model of the hub that it was made from',
    at: 0,
    bytes: 'LITERTLM',
  },
  {
    what: 'a TensorRT engine',
    instead: ENGINE,
    at: 0,
    bytes: 'ptrt',
  },
  {
    what: 'a TensorRT engine',
    instead: ENGINE,
    at: 0,
    bytes: 'ftrt',
  },
  { ...RKNN, at: 0, bytes: 'RKNN' },
  { ...RKNN, at: 4, bytes: 'RKNN' },
  { ...RKNN, at: 0, bytes: 'RKNX' },
  { ...RKNN, at: 0, bytes: 'CYPTRKNN' },
  { ...RKNN, at: 0, bytes: 'VPMN' },
  { what: 'a program (ELF), perhaps a compiled blob', instead: COMPILED, at: 0, bytes: '\x7fELF' },
  { what: 'a Circle model (Samsung ONE)', instead: 'give the .tflite that it was made from', at: 4, bytes: 'CIR0' },
  {
    what: 'a model of MindSpore Lite',
    instead: 'export it: mindspore.export(net, …, file_format="ONNX")',
    at: 4,
    bytes: 'MSL2',
  },
  {
    what: 'a model of MindSpore Lite',
    instead: 'export it: mindspore.export(net, …, file_format="ONNX")',
    at: 4,
    bytes: 'MSL1',
  },
  { what: 'a model for ESP chips (ESP-DL)', instead: COMPILED, at: 0, bytes: 'EDL' },
  { what: 'a model for Kendryte chips (kmodel)', instead: COMPILED, at: 0, bytes: 'LDMK' },
  { what: 'a program for Hailo', instead: COMPILED, at: 0, bytes: '\x01HEF' },
  { what: 'a model for Ascend', instead: COMPILED, at: 0, bytes: 'IMOD' },
  { what: 'a model for Sophgo chips (cvimodel)', instead: COMPILED, at: 0, bytes: 'CviModel' },
  { what: 'a model of MegEngine', instead: 'export it to ONNX with mgeconvert', at: 0, bytes: 'mgb' },
  {
    what: 'a llamafile',
    instead: 'it holds a GGUF model after a program: unzip it, or give the .gguf that it was made from',
    at: 0,
    bytes: "MZqFpD='",
  },
  {
    what: 'StableHLO as portable bytes',
    instead: 'give what it was exported from: ONNX, a SavedModel',
    at: 0,
    bytes: 'ML\xefR',
  },
  { what: 'a model of XGBoost', instead: BOOSTED, at: 0, bytes: 'binf' },
  { what: 'a model of XGBoost', instead: BOOSTED, at: 0, bytes: '{L\0\0\0\0\0\0\0\x07learner' },
  { what: 'a model of CatBoost', instead: BOOSTED, at: 0, bytes: 'CBM1' },
  {
    what: 'a model of CNTK',
    instead: 'export it: model.save("model.onnx", format=ModelFormat.ONNX)',
    at: 0,
    bytes: 'B\0C\0N\0',
  },
  { what: 'a context of Qualcomm’s QNN', instead: COMPILED, at: 0, bytes: '\0\0\0\x02\0\0\0\x01' },
  { what: 'a context of Qualcomm’s QNN', instead: COMPILED, at: 0, bytes: '\0\0\0\x02\0\0\0\x02' },
  { what: 'a context of Qualcomm’s QNN', instead: COMPILED, at: 0, bytes: '\0\0\0\x02\0\0\0\x03' },
  {
    what: 'an MXNet file of weights (.params)',
    instead: MXNET,
    at: 0,
    bytes: '\x12\x01\x00\x00\x00\x00\x00\x00',
  },
  {
    what: 'a MATLAB file',
    instead: 'export the network: exportONNXNetwork(net, "model.onnx")',
    at: 0,
    bytes: 'MATLAB 5.0',
  },
  { what: 'a Torch7 file (Lua)', instead: 'convert it to PyTorch or ONNX', at: 0, bytes: '4\n1\n3\nV 1' },
  {
    what: 'a Torch7 file (Lua)',
    instead: 'convert it to PyTorch or ONNX',
    at: 0,
    bytes: '\x04\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00V 1',
  },
  {
    what: 'a zip archive without a model that is known',
    instead: `${ARCHIVE}: PyTorch (.pt, .pt2, .pth), Keras and TensorFlow.js zips are read as they are`,
    at: 0,
    bytes: 'PK\x03\x04',
  },
  { what: 'a gzip file', instead: ARCHIVE, at: 0, bytes: '\x1f\x8b' },
  { what: 'an xz file', instead: ARCHIVE, at: 0, bytes: '\xfd7zXZ' },
  { what: 'a bzip2 file', instead: ARCHIVE, at: 0, bytes: 'BZh' },
  { what: 'a zstd file', instead: ARCHIVE, at: 0, bytes: '\x28\xb5\x2f\xfd' },
  { what: 'a 7z archive', instead: ARCHIVE, at: 0, bytes: '7z\xbc\xaf\x27\x1c' },
  { what: 'a RAR archive', instead: ARCHIVE, at: 0, bytes: 'Rar!' },
  {
    what: 'a pickle',
    instead: 'of scikit-learn and the like: export with skl2onnx; of PyTorch: save its state_dict with torch.save',
    at: 0,
    bytes: '\x80\x04\x95',
  },
  {
    what: 'a pickle (a legacy PyTorch checkpoint)',
    instead: 'save it again with torch.save',
    at: 0,
    bytes: '\x80\x02',
  },
];
