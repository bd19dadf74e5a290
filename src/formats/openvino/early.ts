import { bitsOf } from '../../tensor/index.js';
import type { IrGraph, IrNode, Port } from './ir.js';

/**
 * Versions before 10: a layer's weights are blobs of its own, and its attributes state all sizes. The blobs become constants
 * that go into the layer after its inputs.
 */
export function early(graph: IrGraph): IrGraph {
  const constants = new Map(graph.constants);
  const ports = new Map(graph.ports);
  const own = { ...graph } as { -readonly [K in keyof IrGraph]: IrGraph[K] };
  own.nodes = graph.nodes.map((node) => {
    const added = node.layer.blobs.filter((b) => b.dtype !== null && b.size > 0);
    const names = added.map((blob) => {
      const name = `${node.name}.${blob.name}`;
      const bytes = bitsOf(blob.dtype ?? 'float32') / 8;
      const port: Port = { id: 0, dims: shapeOf(node, blob.name, Math.floor(blob.size / bytes)), dtype: blob.dtype };
      const layer = {
        ...node.layer,
        name,
        type: 'Const',
        outputs: [port],
        data: { offset: String(blob.offset) },
        blobs: [],
      };
      constants.set(name, { ...node, name, opType: 'Const', input: [], output: [name], layer, graph: own });
      ports.set(name, port);
      return name;
    });
    return { ...node, input: [...node.input, ...names], graph: own };
  });
  own.constants = constants;
  own.ports = ports;
  return own;
}

/** The extents of a blob of `count` elements: its layer says how many outputs and taps there are. */
function shapeOf({ layer, opType }: IrNode, blob: string, count: number): number[] {
  const number = (name: string): number => Number(layer.data[name] ?? Number.NaN);
  if (blob !== 'weights') return layer.type === 'Const' ? [...(layer.outputs[0]?.dims ?? [count])] : [count];
  if (opType === 'Convolution' || opType === 'Deconvolution' || opType === 'DeformableConvolution') {
    const kernel = kernelOf(layer.data);
    const [outputs, groups] = [number('output'), number('group') || 1];
    const taps = kernel.reduce((a, b) => a * b, 1);
    const inner = count / (outputs * taps);
    if (Number.isInteger(inner) && inner > 0)
      return opType === 'Deconvolution' ? [inner * groups, outputs / groups, ...kernel] : [outputs, inner, ...kernel];
  }
  if (opType === 'FullyConnected' || opType === 'InnerProduct') {
    const outputs = number('out-size');
    if (Number.isInteger(count / outputs)) return [outputs, count / outputs];
  }
  return [count];
}

/** `3,3` of height and width, or `kernel-y` and `kernel-x`. */
export function kernelOf(data: Readonly<Record<string, string>>): number[] {
  return pairOf(data, 'kernel', 1);
}

/** A field of height and width, as one list or by name of each. */
export function pairOf(data: Readonly<Record<string, string>>, name: string, otherwise: number): number[] {
  const list = data[name === 'stride' ? 'strides' : name === 'dilation' ? 'dilations' : name];
  const numbers = list?.split(',').map(Number) ?? [];
  if (numbers.length > 0 && numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return numbers;
  return [`${name}-y`, `${name}-x`].map((key) => Number(data[key] ?? otherwise));
}
