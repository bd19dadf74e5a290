import { type Command, Option } from 'commander';
import type { TrainingAsked } from '../api/training.js';
import { OPTIMIZERS, type Optimizer, PRECISIONS, type Precision } from '../transforms/training/types.js';
import { UsageError } from './errors.js';
import { list, whole } from './options.js';

/** The options of a training step. */
export interface TrainingFlags {
  /** `only`: the report is of nothing else. */
  readonly training?: true | 'only';
  readonly optimizer?: Optimizer;
  readonly precision?: Precision;
  readonly checkpointing?: true | readonly string[];
  readonly zero?: 0 | 1 | 2 | 3;
  readonly devices?: number;
  readonly lora?: { readonly rank: number; readonly targets: readonly string[] | null };
  readonly freeze?: readonly string[];
  readonly attention?: 'fused' | 'unfused';
  readonly loss?: 'cross-entropy' | 'none';
  readonly batch?: number | 'largest';
}

/** Flags that mean nothing without a training step. */
export const TRAINING_FLAGS = [
  'optimizer',
  'precision',
  'checkpointing',
  'zero',
  'devices',
  'lora',
  'freeze',
  'attention',
  'loss',
] as const;

export function addTrainingFlags(command: Command): Command {
  return command
    .addOption(new Option('--optimizer <name>', 'training: whose states (adamw)').choices([...OPTIMIZERS]))
    .addOption(
      new Option('--precision <how>', 'training: types of weights and products; as stored if left out').choices([
        ...PRECISIONS,
      ]),
    )
    .option(
      '--checkpointing [modules]',
      'training: blocks whose insides are computed again; all, or paths as layer3,layer4.*',
      (text: string) => list(text),
    )
    .option('--freeze <pattern,…>', 'training: parameters that are not trained: layer1.*, *.bias', (text: string) =>
      list(text),
    )
    .option('--lora <r=n[,targets=…]>', 'training: adapters of rank n beside linear layers, all else frozen', lora)
    .option('--zero <stage>', 'training: 1 shares states among devices, 2 gradients too, 3 weights too', stage)
    .option('--devices <n>', 'training: devices that share them', whole('--devices', 1))
    .addOption(
      new Option('--attention <how>', 'training: one kernel that keeps no scores, or taken apart').choices([
        'fused',
        'unfused',
      ]),
    )
    .addOption(
      new Option('--loss <what>', 'training: of language models the cross-entropy, else none').choices([
        'cross-entropy',
        'none',
      ]),
    )
    .option('--batch [n]', 'this many at once; in training without a number the largest that fits --device', (text) =>
      whole('--batch', 1)(text),
    );
}

/** What the library takes; undefined if no training is requested. Throws UsageError for options that mean nothing alone. */
export function trainingAsked(flags: TrainingFlags, on: boolean, devices: boolean, hint?: string): TrainingAsked {
  // commander gives true for an option whose value is left out.
  const batch = (flags.batch as number | 'largest' | true | undefined) === true ? 'largest' : flags.batch;
  if (!on) {
    const lonely = TRAINING_FLAGS.find((key) => flags[key] !== undefined);
    const flag = lonely === undefined ? (batch === 'largest' ? '--batch without a number' : null) : `--${lonely}`;
    if (flag !== null)
      throw new UsageError(
        `${flag} is of training`,
        hint ?? `write it with --training, or as opcount train <model> ${flag}`,
      );
    return typeof batch === 'number' ? { batch } : {};
  }
  const { optimizer, precision, checkpointing, zero, devices: n, lora: adapters, freeze, attention, loss } = flags;
  if ((zero ?? 0) > 0 && (n ?? 1) < 2)
    throw new UsageError('--zero shares among devices, and there is one', 'say how many: --zero 3 --devices 8');
  if ((n ?? 1) > 1 && zero === undefined)
    throw new UsageError(
      '--devices alone shares nothing: each device holds everything',
      'say what is shared: --zero 1 (states), 2 (gradients too), 3 (weights too)',
    );
  if (batch === 'largest' && !devices)
    throw new UsageError('--batch without a number is the largest that fits a device', 'say which: --device rtx-4090');
  return {
    training: {
      ...(optimizer === undefined ? {} : { optimizer }),
      ...(precision === undefined ? {} : { precision }),
      ...(checkpointing === undefined ? {} : { checkpointing }),
      ...(zero === undefined ? {} : { zero }),
      ...(n === undefined ? {} : { devices: n }),
      ...(adapters === undefined ? {} : { lora: adapters }),
      ...(freeze === undefined ? {} : { freeze }),
      ...(attention === undefined ? {} : { attention }),
      ...(loss === undefined ? {} : { loss }),
    },
    ...(batch === undefined ? {} : { batch }),
  };
}

function stage(text: string): 0 | 1 | 2 | 3 {
  const found = ([0, 1, 2, 3] as const).find((n) => String(n) === text);
  if (found === undefined) throw new UsageError(`--zero takes a stage, 0 to 3, not "${text}"`);
  return found;
}

/** `r=16`, `r=16,targets=q_proj,v_proj`. */
function lora(text: string): { rank: number; targets: readonly string[] | null } {
  const [head = '', targets] = text.split(/,\s*targets?=(.*)/s);
  const match = /^(?:r=)?(\d+)$/.exec(head.trim());
  const rank = Number(match?.[1] ?? 0);
  const names = targets === undefined ? null : list(targets);
  if (rank < 1 || names?.length === 0)
    throw new UsageError(
      `--lora "${text}" is not of the form r=16,targets=q_proj,v_proj`,
      'write --lora r=16, or name the layers: --lora r=16,targets=q_proj,v_proj',
    );
  return { rank, targets: names };
}
