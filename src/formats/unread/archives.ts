import { COMPILED, SOURCE, type Unread } from './types.js';

/** Archives by what they hold. */
const ARCHIVES: readonly (Unread & { readonly all: readonly RegExp[] })[] = [
  { all: [/(^|\/)dlc\.metadata$/], what: 'a container of Qualcomm’s SNPE', instead: COMPILED },
  {
    all: [/(^|\/)model_config\.yaml$/, /\.(ckpt|distckpt|safetensors)$|(^|\/)model_weights\//],
    what: 'a model of NeMo',
    instead: 'export it: model.export("model.onnx"); or unpack it, and give the weights in it',
  },
  {
    all: [/(^|\/)MAR-INF\/MANIFEST\.json$/],
    what: 'an archive of TorchServe',
    instead: 'unpack it, and give the model in it (TorchScript, or the Python file with its class)',
  },
  {
    all: [/^configuration\.json$/, /^coefficients\.bin$/],
    what: 'a model of Deeplearning4j',
    instead: 'give the model that it was imported from, or build it in Keras and give that',
  },
  {
    all: [/\.npy$/],
    what: 'a file of NumPy arrays (.npz)',
    instead: 'it holds weights and no network (Chainer and others): export the model to ONNX',
  },
  { all: [/^TransformerChain\/|^Model\.key$/], what: 'a model of ML.NET', instead: SOURCE },
];

/** Names an archive whose files no reader takes; null for what nobody knows. */
export function describeArchive(names: readonly string[]): Unread | null {
  return ARCHIVES.find(({ all }) => all.every((pattern) => names.some((name) => pattern.test(name)))) ?? null;
}
