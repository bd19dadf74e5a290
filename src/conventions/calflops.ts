import { sum } from '../dim/index.js';
import type { Ledger, Note } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { assertionFailure, countFunctions, functionNotes } from './count-functions.js';
import { elementsIn } from './operands.js';
import { FUNCTIONS, type FunctionRule, only, resizeTo } from './patched-functions.js';
import { spellingNote } from './python-names.js';
import { failedResult, resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters, elements, standInNote } from './units.js';

/** The scale is worked out and forgotten: with a scale an up-sampling is worth its input. */
const RULES: Readonly<Record<string, FunctionRule>> = byName({
  ...FUNCTIONS,
  'F.interpolate': only('resize', (e) => resizeTo(e) ?? elementsIn(e)),
  'F.upsample': only('resize', (e) => resizeTo(e) ?? elementsIn(e)),
});

export const calflops: Convention = {
  id: 'calflops',
  title: 'calflops',
  version: '29ca584 (2024-03-01)',
  source: 'calflops/pytorch_ops.py: _patch_functionals, _patch_tensor_methods; calculate_pipline.py',
  description:
    'FLOPs: twice the products of convolutions, linear layers, torch.matmul, addmm and einsum, their bias (not that of linear layers), and a few per element of norms, activations, pools and softmax called as functions. MACs: the products. Attention by scaled_dot_product_attention, bmm and the signs @, + and * are not seen.',
  run(ledger: Ledger): ConventionResult {
    const params = sum(elements(ledger.weights.filter((w) => w.kind === 'parameter' && w.trainable !== false)));
    const failure = parameterless(ledger) ?? assertionFailure(ledger, 'calflops');
    if (failure !== null) return failedResult(calflops, UNITS, params, failure);
    const { items, unseen } = countFunctions(ledger, RULES);
    return resultOf(calflops, UNITS, items, {
      params,
      notes: [
        ...standInNote(ledger, 'calflops'),
        ...spellingNote(ledger, 'calflops'),
        ...functionNotes('calflops', unseen, items),
        ...frozenNote(ledger),
      ],
    });
  },
};
const UNITS = { flops: 'flop', macs: 'mac' } as const;

function parameterless(ledger: Ledger): Note | null {
  if (ledger.weights.some((w) => w.kind === 'parameter')) return null;
  return {
    code: 'tool-fails',
    message: 'calflops asks the first parameter for its device and stops on a model that has none',
  };
}

function frozenNote(ledger: Ledger): Note[] {
  const frozen = ledger.weights.filter((w) => w.kind === 'parameter' && w.trainable === false);
  if (frozen.length === 0) return [];
  const all = String(allParameters(ledger));
  return [{ code: 'frozen-left-out', message: `calflops counts parameters that training changes; all are ${all}` }];
}
