import { type Dim, sym } from '../../dim/index.js';
import type { Scope } from '../../graph/index.js';
import type { Ledger } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { ledgerOfLayers } from '../layer-graph/read.js';
import { nestedScope } from '../nested-scope.js';
import type { ReadOptions } from '../types.js';
import { controlFor } from './control.js';
import { readDesc } from './desc.js';
import { FORMAT, isPir } from './detect.js';
import { ruleFor } from './operators/index.js';
import { readPir } from './pir.js';
import type { PaddleNode, Program, Variable } from './program.js';

const HEAD = 4096;

/**
 * Reads a PaddlePaddle program from its description alone: weights are in a file of their own. Throws ModelError.
 */
export function readPaddle(source: Source, options: ReadOptions = {}): Ledger {
  const program = isPir(source.read(0, Math.min(source.size, HEAD))) ? readPir(source) : readDesc(source);
  const buffers = statistics(program);
  const scoped = program.nodes.some((node) => program.scope(node).length > 0);
  return ledgerOfLayers(
    {
      format: FORMAT,
      name: source.name,
      producer: program.producer,
      nodes: program.nodes,
      inputs: program.inputs.map(({ value, name }) => ({
        name,
        value,
        type: typeOf(program.variables.get(value), name),
      })),
      outputs: program.outputs,
      rule: (node) => ruleFor(node.opType),
      control: (node) => controlFor(node, program),
      stored: (name) => {
        const variable = program.variables.get(name);
        if (variable === undefined || !variable.stored || variable.dtype === null) return null;
        const { label, dtype, shape } = variable;
        return {
          label,
          dtype,
          shape: shape.map((d) => Math.max(0, d)),
          kind: buffers.has(name) ? 'buffer' : 'parameter',
        };
      },
      stated: (name) => {
        const variable = program.variables.get(name);
        return variable?.shape.every((d) => d >= 0) ? typeOf(variable, name) : null;
      },
      scope: scoped ? (node) => scopeOf(program.scope(node as PaddleNode)) : null,
      file: source,
    },
    options,
  );
}

/** A free first axis is the batch. */
function typeOf(variable: Variable | undefined, name: string): TensorType | null {
  if (variable === undefined || variable.dtype === null) return null;
  const shape = variable.shape.map((d, i): Dim => (d >= 0 ? d : sym(i === 0 ? 'batch' : `${name}_${i}`)));
  return { dtype: variable.dtype, shape };
}

/** Means and variances of batch norms: training keeps them and does not learn them. */
function statistics({ blocks }: Program): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { opType, input, attrs } of blocks.flatMap((block) => block.nodes)) {
    if (!/batch_norm/.test(opType)) continue;
    for (const slot of ['Mean', 'Variance', '#1', '#2'])
      for (const i of attrs.slots.get(slot) ?? []) found.add(input[i] as string);
  }
  return found;
}

function scopeOf(parts: readonly string[]): Scope {
  const names = parts.map((part) => part.replaceAll('.', '_')); // dots part the names of modules
  return nestedScope(names, '', (name) => name.replace(/_\d+$/, ''));
}
