import { ModelError } from '../../source/errors.js';
import { type DType, unsigned } from '../../tensor/index.js';
import type { ProtoMessage } from '../../wire/proto-message.js';
import { FORMAT } from './features.js';
import { entryOf } from './layers/index.js';
import { KIND_OF } from './layers/names.js';
import { writtenBy } from './layers/written.js';
import type { CoreNode, NetworkGraph, StoredBlob } from './node.js';

/** The layers of a network (field 1) as a graph; layers of constants are stored tensors. */
export function networkOf(network: ProtoMessage, inputs: readonly string[], outputs: readonly string[]): NetworkGraph {
  const stored = new Map<string, StoredBlob>();
  const nodes: CoreNode[] = [];
  for (const layer of network.messages(1)) {
    const kindField = layer.numbers.find((n) => n >= 100);
    const opType = KIND_OF.get(kindField ?? 0) ?? `layer ${kindField ?? 0}`;
    const params = layer.message(kindField ?? 0);
    const [name, output] = [layer.text(1), layer.texts(3)];
    if (params === null)
      throw new ModelError('malformed', `the layer ${name} has no kind`, {
        format: FORMAT,
        at: { node: name, offset: layer.start },
        hint: 'the file is damaged: export it again',
      });
    if (opType === 'loadConstant' || opType === 'loadConstantND') {
      const shape = params.ints(1);
      const data = params.message(2);
      const { dtype } = storageOf(data, shape);
      stored.set(output[0] ?? name, { dtype, shape, kind: 'parameter', params: data, constant: true });
      continue;
    }
    const blobs = entryOf(opType)?.weights?.(params) ?? [];
    const names = blobs.flatMap((blob) => {
      if (blob.params === null) return [];
      const { dtype, count } = storageOf(blob.params, blob.shape);
      const stated = blob.shape.reduce((a, b) => a * b, 1);
      const own = `${name}.${blob.name}`;
      // Where contents were left out (files that are cut down), the layer's numbers say the extents.
      const shape = count === null || count === stated || count === 0 ? blob.shape : [count];
      stored.set(own, { dtype, shape, kind: blob.buffer ? 'buffer' : 'parameter', params: null, constant: false });
      return [{ own, name: blob.name }];
    });
    nodes.push({
      name,
      opType,
      input: [...layer.texts(2), ...names.map((n) => n.own)],
      output: [...output, ...writtenBy(opType, params).filter((w) => !output.includes(w))],
      params,
      blobs: names.map((n) => n.name),
    });
  }
  return { nodes, inputs, outputs, info: { stored } };
}

/** How a weight is stored, and how many elements that are; null if bits are packed. */
function storageOf(weight: ProtoMessage | null, shape: readonly number[]): { dtype: DType; count: number | null } {
  if (weight === null) return { dtype: 'float32', count: null };
  const bits = weight.message(40)?.int(1) ?? 0;
  if (weight.has(30)) return { dtype: unsigned(bits) ?? 'uint8', count: null };
  if (weight.has(31)) return { dtype: 'int8', count: weight.bytes(31) };
  if (weight.has(2)) return { dtype: 'float16', count: weight.bytes(2) / 2 };
  return { dtype: 'float32', count: weight.has(1) ? weight.bytes(1) / 4 : shape.reduce((a, b) => a * b, 1) };
}
