import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { autograd } from './autograd.js';
import { type Segment, segmentsOf } from './checkpoints.js';
import { checkPatterns } from './select.js';
import type { AutogradStep, TrainingOptions } from './types.js';

/** The step that the options ask for. Throws ModelError for options that mean nothing in this model. */
export function stepOf(ledger: Ledger, options: TrainingOptions): AutogradStep {
  const names = ledger.weights.flatMap((w) => [w.name, ...w.aliases]);
  if (options.freeze !== undefined) checkPatterns('--freeze', options.freeze, names);
  const step = autograd(ledger, options);
  if (options.lora !== undefined && step.trained.length === 0)
    throw new ModelError('argument', '--lora finds no linear layer to put an adapter beside', {
      hint: loraHint(ledger),
    });
  return step;
}

/** The stretches that are checkpointed. Throws ModelError if there is nothing that could be. */
export function checkpointsOf(ledger: Ledger, { checkpointing }: TrainingOptions): readonly Segment[] {
  const segments = checkpointing === undefined ? [] : segmentsOf(ledger, checkpointing);
  if (segments === null)
    throw new ModelError('argument', 'no block of this model can be checkpointed: it has no list of modules', {
      hint: `name modules: --checkpointing ${
        ledger.root.module.children
          .map(({ name }) => name)
          .slice(0, 3)
          .join(',') || 'PATH'
      }`,
    });
  return segments;
}

function loraHint(ledger: Ledger): string {
  const layers = ledger.entries.flatMap((e) =>
    e.op === 'linear' && e.inputs[1]?.weight ? [e.inputs[1].weight.name] : [],
  );
  const last = [
    ...new Set(
      layers.map((name) =>
        name
          .replace(/\.weight$/, '')
          .split('.')
          .at(-1),
      ),
    ),
  ];
  return last.length === 0 ? 'the model has no linear layers' : `its linear layers: ${last.slice(0, 8).join(', ')}`;
}
