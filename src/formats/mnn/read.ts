import { type Dim, sym } from '../../dim/index.js';
import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { paged } from '../../source/pages.js';
import { type FlatTable, rootTable } from '../../wire/flatbuffers.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { ledgerOfLayers, scopesOf, unread } from '../layer-graph/read.js';
import type { StatedInput } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { dtypeOf, nameOf } from './codes.js';
import { controlFor, type MnnGraph } from './control.js';
import { FORMAT } from './detect.js';
import { ruleFor } from './operators/index.js';
import type { Settings } from './operators/table.js';

type MnnNode = LayerNode<Settings>;

/** From which framework a model came; its version. */
const SOURCES = ['Caffe', 'TensorFlow', 'TensorFlow Lite', 'ONNX', 'PyTorch'];

/** Reads an MNN model; contents of weights are not read. Throws ModelError. */
export function readMnn(given: Source, options: ReadOptions = {}): Ledger {
  const source = paged(given);
  const root = rootTable({ source, format: FORMAT });
  const list = root.tables(3);
  const names = uniqueNames(root.texts(7));
  if (list.length === 0)
    throw new ModelError('malformed', 'the file has no operators', {
      format: FORMAT,
      hint: 'Convert the model again with MNNConvert.',
    });
  const all = withSettings(Array.from({ length: list.length }, (_, i) => nodeOf(list.at(i), names)));
  const graphs = graphsOf(root);
  const nodes = all.filter((node) => node.opType !== 'Input');
  const stated = root.texts(4);
  const made = new Set(nodes.flatMap((node) => node.output));
  const outputs = stated.filter((name) => made.has(name));
  return ledgerOfLayers(
    {
      format: FORMAT,
      name: given.name,
      producer: SOURCES[root.u8(6)] === undefined ? null : `MNN, from ${SOURCES[root.u8(6)]}`,
      nodes,
      inputs: all.filter((node) => node.opType === 'Input').map(inputOf),
      outputs: outputs.length > 0 ? outputs : unread(nodes),
      rule: (node) => ruleFor(node.opType),
      control: (node) => controlFor(node, graphs),
      scope: scopesOf(nodes),
      file: given,
    },
    options,
  );
}

/** The graphs that operators run, by their names. They see nothing of what is around them. */
function graphsOf(root: FlatTable): ReadonlyMap<string, MnnGraph> {
  const list = root.tables(10);
  return new Map(
    Array.from({ length: list.length }, (_, i): [string, MnnGraph] => {
      const graph = list.at(i);
      const own = graph.text(0) ?? '';
      const names = uniqueNames(graph.texts(3));
      const [nodes, inputs, outputs] = [graph.tables(4), graph.ints(1), graph.ints(2)];
      const all = withSettings(Array.from({ length: nodes.length }, (_, k) => nodeOf(nodes.at(k), names, own)));
      return [
        own,
        {
          nodes: all.filter((node) => node.opType !== 'Input'),
          inputs: inputs.map((k) => named(names, k, graph)),
          outputs: outputs.map((k) => named(names, k, graph)),
          isolated: true,
          info: null,
        },
      ];
    }),
  );
}

/** Marks stored tensors that say by how much something is resized. */
function withSettings(nodes: readonly MnnNode[]): MnnNode[] {
  const read = new Set(nodes.flatMap(({ opType, input }) => (opType === 'Interp' ? input.slice(1) : [])));
  return nodes.map((node) =>
    node.opType === 'Const' && read.has(node.output[0] ?? '')
      ? { ...node, attrs: { ...node.attrs, setting: true } }
      : node,
  );
}

/** The name of a tensor by its number. Throws ModelError if there is none. */
function named(names: readonly string[], i: number, { at }: FlatTable): string {
  const name = names[i];
  if (name !== undefined) return name;
  throw new ModelError('malformed', `tensor ${i} is used, and there are ${names.length}`, {
    format: FORMAT,
    at: { offset: at },
    hint: 'The file is damaged: convert the model again.',
  });
}

/** `graph` is the one that the operator is in: names of operators are its own. */
function nodeOf(op: FlatTable, names: readonly string[], graph = ''): MnnNode {
  const output = op.ints(4).map((i) => named(names, i, op));
  const own = op.text(3) ?? output[0] ?? '';
  return {
    name: graph === '' || own === '' ? own : `${graph}/${own}`,
    opType: nameOf(op.i32(5)),
    input: op.ints(0).map((i) => (i < 0 ? '' : named(names, i, op))),
    output,
    attrs: { main: op.table(2), kind: op.u8(1) },
  };
}

/** A name for each tensor that no other has. */
function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, i) => {
    const own = name === '' || seen.has(name) ? `${name}#${i}` : name;
    seen.add(own);
    return own;
  });
}

/** A free first axis is the batch. */
function inputOf({ output, name, attrs }: MnnNode): StatedInput {
  const { main } = attrs;
  const own = output[0] ?? name;
  const dims = main?.ints(0) ?? [];
  if (main === null || dims.length === 0) return { name: own, type: null };
  const shape = dims.map((d, i): Dim => (d > 0 ? d : sym(i === 0 ? 'batch' : `${own}_${i}`)));
  return { name: own, type: { dtype: dtypeOf(main.i32(1, 1)), shape } };
}
