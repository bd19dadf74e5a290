// Comes in: the first bytes and the name of a file that no format claims, or the names in an archive.
// Goes out: what it is, in words, and the way out.
// Add here: first bytes in signatures.ts, an ending in names.ts, an archive in archives.ts, a text below.
import { NAMES } from './names.js';
import { SIGNATURES, WEB_PAGE } from './signatures.js';
import { BOOSTED, MXNET, SOURCE, type Unread } from './types.js';

export { describeArchive } from './archives.js';
export type { Unread } from './types.js';

const TEXTS: readonly (Unread & { readonly text: RegExp })[] = [
  { text: /^\{\s*"nodes"\s*:/, what: 'a network of MXNet (symbol.json)', instead: MXNET },
  {
    text: /^\{\s*"learner"\s*:|^\{\s*"version"\s*:\s*\[[\d,\s]+\],\s*"learner"/,
    what: 'a model of XGBoost',
    instead: BOOSTED,
  },
  { text: /^\{[\s\S]*"oblivious_trees"\s*:/, what: 'a model of CatBoost', instead: BOOSTED },
  { text: /^tree\nversion=v\d/, what: 'a model of LightGBM', instead: BOOSTED },
  { text: /^"1 \d+ 1 42066\d+ ,"/, what: 'a model of TNN', instead: SOURCE },
  {
    text: /^(version \d+\.\d+;[\s\S]*)?graph \w+\s*\(/,
    what: 'a model of NNEF',
    instead: 'give the ONNX or TensorFlow model that it was made from',
  },
  { text: /^(#.*\n)*\s*(builtin\.)?module\b.*\{/, what: 'a program of a compiler (MLIR)', instead: SOURCE },
  { text: /^HloModule\b/, what: 'a program of a compiler (HLO)', instead: SOURCE },
  { text: /<PMML\b/, what: 'a classical model (PMML)', instead: 'it has no layers that opcount counts' },
];

/** Settings of Caffe's solver, which name the network and are none. */
const SOLVER = /(^|\n)\s*(train_|test_)?net\s*:/;

/** Names a file by its first bytes or its name; null for what nobody knows. */
export function describeUnsupported(head: Uint8Array, name: string): Unread | null {
  const found = SIGNATURES.find(({ at, bytes }) => [...bytes].every((c, i) => head[at + i] === c.charCodeAt(0)));
  if (found !== undefined) return found;
  const text = new TextDecoder().decode(head.subarray(0, 4096)).trimStart();
  if (/^<(!doctype|html|head|\?xml[^>]*>\s*<!doctype html)/i.test(text)) return WEB_PAGE;
  if (SOLVER.test(text) && /(^|\n)\s*(base_lr|max_iter|solver_mode|snapshot)\s*:/.test(text))
    return { what: 'a solver’s settings of Caffe', instead: 'give the network that its `net:` names' };
  const known = TEXTS.find(({ text: pattern }) => pattern.test(text));
  if (known !== undefined) return known;
  if (/^\{\s*"(message|error|errors|detail)"\s*:/.test(text))
    return {
      what: 'an answer of a server',
      instead: `check the link and your rights to it: ${text.slice(0, 80)}`,
      noModel: true,
    };
  return NAMES.find(({ name: pattern }) => pattern.test(name)) ?? null;
}
