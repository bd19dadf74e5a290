/** What a file is that no reader takes: named, so that nobody wonders whether it is broken, with the way out. */
export interface Unread {
  /** With its article: `a TensorRT engine`. */
  readonly what: string;
  /** What to do instead. */
  readonly instead: string;
  /** Whether it is no model at all. */
  readonly noModel?: true;
}

interface Signature extends Unread {
  readonly at: number;
  /** Characters as bytes. */
  readonly bytes: string;
}

const WEB_PAGE = {
  what: 'a web page',
  instead: 'check the link: download the file itself (“raw”, or “resolve” in place of “blob”)',
  noModel: true,
} as const;
const IMAGE = { instead: 'give the model', noModel: true } as const;
const ARCHIVE = 'unpack it, and give the model in it';
const COMPILED = 'it is compiled for one kind of chip: give the model that it was made from (ONNX, TensorFlow Lite)';
const RKNN = { what: 'an RKNN model', instead: COMPILED } as const;

const SIGNATURES: readonly Signature[] = [
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
    instead: 'it is made for one GPU: give the ONNX file that it was built from',
    at: 0,
    bytes: 'ptrt',
  },
  {
    what: 'a TensorRT engine',
    instead: 'it is made for one GPU: give the ONNX file that it was built from',
    at: 0,
    bytes: 'ftrt',
  },
  { ...RKNN, at: 0, bytes: 'RKNN' },
  { ...RKNN, at: 4, bytes: 'RKNN' },
  { ...RKNN, at: 0, bytes: 'RKNX' },
  { ...RKNN, at: 0, bytes: 'CYPTRKNN' },
  { ...RKNN, at: 0, bytes: 'VPMN' },
  { what: 'a program (ELF), perhaps a compiled blob', instead: COMPILED, at: 0, bytes: '\x7fELF' },
  { what: 'a Core ML text of a compiled model (.mil)', instead: 'give the .mlpackage', at: 0, bytes: 'program(' },
  {
    what: 'an MXNet file of weights (.params)',
    instead: 'export the network to ONNX: mxnet.onnx.export_model',
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

/** Endings that say what a file is where its bytes do not. */
const NAMES: readonly (Unread & { readonly name: RegExp })[] = [
  {
    name: /\.data-\d+-of-\d+$|(^|[/\\])(variables|model[\w.-]*)\.index$/,
    what: 'a part of a TensorFlow checkpoint',
    instead: 'give the .meta beside it, or the SavedModel’s folder',
  },
  { name: /\.py$/i, what: 'Python source', instead: 'name the class in it: file.py:Net' },
  { name: /\.weights$/i, what: 'weights of Darknet', instead: 'give the .cfg of the network' },
  {
    name: /\.pdiparams$|__params__$/i,
    what: 'weights of PaddlePaddle',
    instead: 'give the .pdmodel or inference.json beside it',
  },
  { name: /\.nb$/i, what: 'a model of Paddle Lite', instead: 'give the .pdmodel that it was made from' },
  { name: /\.dlc$/i, what: 'a container of Qualcomm’s SNPE', instead: COMPILED },
  { name: /\.hef$/i, what: 'a program for Hailo', instead: COMPILED },
  { name: /\.(engine|plan|trt)$/i, what: 'a TensorRT engine', instead: 'give the ONNX file that it was built from' },
  { name: /\.om$/i, what: 'a model for Ascend', instead: COMPILED },
  { name: /\.tmfile$/i, what: 'a model of Tengine', instead: 'give the model that it was converted from' },
  { name: /\.kmodel$|\.blob$|\.bmodel$|\.xmodel$|\.nef$/i, what: 'a compiled model', instead: COMPILED },
  { name: /\.caffemodel\.h5$/i, what: 'weights of Caffe', instead: 'give the .prototxt' },
  { name: /\.mge$/i, what: 'a model of MegEngine', instead: 'export it to ONNX with mgeconvert' },
  { name: /\.(pmml|joblib)$/i, what: 'a classical model', instead: 'export it to ONNX with skl2onnx' },
];

/** Settings of Caffe's solver, which name the network and are none. */
const SOLVER = /(^|\n)\s*(train_|test_)?net\s*:/;

/** What a file is by its first bytes or its name; null for what nobody knows. */
export function describeUnsupported(head: Uint8Array, name: string): Unread | null {
  const found = SIGNATURES.find(({ at, bytes }) => [...bytes].every((c, i) => head[at + i] === c.charCodeAt(0)));
  if (found !== undefined) return found;
  const text = new TextDecoder().decode(head.subarray(0, 4096)).trimStart();
  if (/^<(!doctype|html|head|\?xml[^>]*>\s*<!doctype html)/i.test(text)) return WEB_PAGE;
  if (SOLVER.test(text) && /(^|\n)\s*(base_lr|max_iter|solver_mode|snapshot)\s*:/.test(text))
    return { what: 'a solver’s settings of Caffe', instead: 'give the network that its `net:` names' };
  if (/^\{\s*"nodes"\s*:/.test(text))
    return { what: 'a network of MXNet (symbol.json)', instead: 'export it to ONNX: mxnet.onnx.export_model' };
  if (/^\{\s*"(message|error|errors|detail)"\s*:/.test(text))
    return {
      what: 'an answer of a server',
      instead: `check the link and your rights to it: ${text.slice(0, 80)}`,
      noModel: true,
    };
  return NAMES.find(({ name: pattern }) => pattern.test(name)) ?? null;
}
