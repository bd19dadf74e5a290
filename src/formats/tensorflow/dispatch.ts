import { type GraphFormat, type GraphValue, inputsFrom, isSequence, type Rule } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import { viewed } from '../node-view.js';
import { calledByName, control, type Functions } from './control.js';
import type { TfInfo, TfNode } from './nodes.js';
import { Operator } from './operator.js';
import { entryOf } from './operators/index.js';
import { FORMAT } from './schema.js';
import type { StoredTensors } from './stored.js';

/** TensorFlow for the graph runner. */
export function tensorflowFormat(id: string, stored: StoredTensors, functions: Functions): GraphFormat<TfNode, TfInfo> {
  const values = new Map<string, Value>();
  return {
    id: id === '' ? FORMAT : id,
    source: (node) => ({
      type: node.opType,
      name: node.name,
      outputs: node.output,
      at: { node: node.name },
    }),
    stored: (name, { stored: all, key }): GraphValue | undefined => {
      const node = all.get(name);
      if (node === undefined) return undefined;
      const place = stored.place(key, name);
      let value = values.get(place);
      if (value === undefined) {
        value = stored.value(node, key);
        values.set(place, value);
      }
      return value;
    },
    rule: (node) => ruleOf(node, functions),
  };
}

const HANDED_ON: ReadonlySet<string> = new Set(['Identity', 'IdentityN', 'StopGradient', 'Enter', 'Exit']);

function ruleOf(node: TfNode, functions: Functions): Rule<TfNode, TfInfo> | null {
  const own = control(node.opType);
  if (own !== undefined) return (call) => own(call, functions);
  const entry = entryOf(node.opType);
  if (entry !== undefined)
    return (call) => {
      // A list of tensors goes through as it is.
      if (HANDED_ON.has(node.opType) && call.inputs.some(isSequence)) return inputsFrom(call, 0);
      return entry.run(new Operator(viewed(call)));
    };
  return functions(node.opType) === undefined ? null : (call) => calledByName(call, functions);
}
