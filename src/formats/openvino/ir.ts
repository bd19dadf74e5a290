import type { GraphNode } from '../../graph/index.js';
import { inOrder } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import type { DType } from '../../tensor/index.js';
import { dtypeOf } from './dtype.js';
import { child, childrenOf, type Element, FORMAT } from './xml.js';

/** One end of a layer. */
export interface Port {
  readonly id: number;
  /** Extents as the file states them, −1 for one that is free; null if the rank is free. */
  readonly dims: readonly number[] | null;
  /** Null if the file does not say it of the port. */
  readonly dtype: DType | null;
}

/** A layer; names of values are those of `IrGraph`. */
export interface IrNode extends GraphNode {
  readonly id: number;
  readonly layer: Layer;
  /** The graph that it is in. */
  readonly graph: IrGraph;
}

interface Layer {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Of versions before 10, which state the precision of the layer. */
  readonly precision: DType | null;
  /** Stored tensors of versions before 10: where each is in the `.bin`. */
  readonly blobs: readonly {
    readonly name: string;
    readonly offset: number;
    readonly size: number;
    readonly dtype: DType | null;
  }[];
  readonly element: Element;
}

export interface IrGraph {
  readonly name: string;
  readonly version: number;
  /** In the order in which they run; without inputs, constants and results. */
  readonly nodes: readonly IrNode[];
  readonly parameters: readonly IrNode[];
  readonly results: readonly IrNode[];
  readonly constants: ReadonlyMap<string, IrNode>;
  /** The port that makes each value. */
  readonly ports: ReadonlyMap<string, Port>;
}

/** The first version whose constants are layers and whose operators are in sets. */
export const OPSETS = 10;

/** The network that a document holds. Throws ModelError. */
export function irOf(root: Element): IrGraph {
  if (root.name !== 'net') throw malformed(`the outermost element is ${root.name}, not net`, 'net');
  const version = Number(root.attributes['version']);
  if (!Number.isInteger(version) || version < 3 || version > 11)
    throw new ModelError('unsupported', `version ${root.attributes['version'] ?? '(none)'} of the format is not read`, {
      format: FORMAT,
      at: { field: 'net.version' },
      hint: 'versions 3 to 7, 10 and 11 are read: convert the model with a current OpenVINO',
    });
  return graphOf(root, root.attributes['name'] ?? '', version);
}

/** A body's layers and edges, or those of the network. */
export function graphOf(element: Element, name: string, version: number): IrGraph {
  const layers = childrenOf(child(element, 'layers'), 'layer').map((l) => layerOf(l, version));
  if (layers.length === 0) throw malformed('the network has no layers', 'layers');
  const byId = new Map(layers.map((l) => [l.id, l]));
  if (byId.size < layers.length) throw malformed('two layers have one number', 'layers');
  const names = namesOf(layers);
  const sources = new Map<string, string>();
  for (const { attributes: e } of childrenOf(child(element, 'edges'), 'edge')) {
    const from = `${e['from-layer']}:${e['from-port']}`;
    const made = names.get(from);
    if (made === undefined)
      throw malformed(
        `an edge begins at port ${e['from-port']} of layer ${e['from-layer']}, which is not there`,
        'edges',
      );
    sources.set(`${e['to-layer']}:${e['to-port']}`, made);
  }
  const nodes: IrNode[] = [];
  const graph = { name, version } as { -readonly [K in keyof IrGraph]: IrGraph[K] };
  for (const layer of layers) {
    const input = layer.inputs.map((p) => sources.get(`${layer.id}:${p.id}`) ?? '');
    const output = layer.outputs.map((p) => names.get(`${layer.id}:${p.id}`) as string);
    nodes.push({ id: layer.id, name: layer.name, opType: layer.type, input, output, layer, graph });
  }
  const of = (...types: string[]): IrNode[] => nodes.filter((n) => types.includes(n.opType));
  graph.parameters = of('Parameter', 'Input');
  graph.results = of('Result');
  graph.constants = new Map(of('Const').flatMap((n) => n.output.map((o) => [o, n] as const)));
  graph.ports = new Map(nodes.flatMap((n) => n.output.map((o, i) => [o, n.layer.outputs[i] as Port] as const)));
  const apart = new Set(['Parameter', 'Input', 'Result', 'Const']);
  graph.nodes = inOrder(
    nodes.filter((n) => !apart.has(n.opType)),
    FORMAT,
  );
  return graph;
}

/** A name for each value that no other has: the layer's, and with several outputs their numbers after it. */
function namesOf(layers: readonly Layer[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, name, outputs } of layers)
    for (const [i, port] of outputs.entries()) {
      let own = i === 0 ? name : `${name}.${i}`;
      if (own === '' || taken.has(own)) own = `${own}#${id}:${port.id}`;
      taken.add(own);
      names.set(`${id}:${port.id}`, own);
    }
  return names;
}

function layerOf(element: Element, version: number): Layer {
  const { attributes } = element;
  const [id, type] = [Number(attributes['id']), attributes['type'] ?? ''];
  if (!Number.isSafeInteger(id) || type === '') throw malformed('a layer has no number or no type', 'layer');
  const precision = attributes['precision'];
  const own = precision === undefined ? null : dtypeOf(precision);
  // Data of versions before 7 are in an element of the layer's type.
  const data = child(element, 'data') ?? element.children.find((c) => c.name.endsWith('_data'));
  return {
    id,
    name: attributes['name'] ?? '',
    type,
    data: data?.attributes ?? {},
    inputs: childrenOf(child(element, 'input'), 'port').map((p) => portOf(p, null)),
    outputs: childrenOf(child(element, 'output'), 'port').map((p) => portOf(p, own)),
    precision: own,
    blobs: version >= OPSETS ? [] : blobsOf(element, own),
    element,
  };
}

function blobsOf(element: Element, own: DType | null): Layer['blobs'] {
  return (child(element, 'blobs')?.children ?? []).map(({ name, attributes: a }) => ({
    name,
    offset: Number(a['offset'] ?? 0),
    size: Number(a['size'] ?? 0),
    dtype: a['precision'] === undefined ? own : dtypeOf(a['precision']),
  }));
}

function portOf(element: Element, own: DType | null): Port {
  const precision = element.attributes['precision'];
  const dims = childrenOf(element, 'dim').map(({ text }) => (text === '?' ? -1 : Number(text)));
  if (dims.some((d) => !Number.isSafeInteger(d) || d < -1))
    throw malformed(`a port has the extents ${dims.join('×')}`, 'port');
  return { id: Number(element.attributes['id']), dims, dtype: precision === undefined ? own : dtypeOf(precision) };
}

function malformed(message: string, field: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    at: { field },
    hint: 'the file is damaged or was changed by hand: export it again',
  });
}
