/** OpenVINO networks for tests, by the public form of the format. */

export interface LayerText {
  readonly type: string;
  readonly name: string;
  readonly data?: Readonly<Record<string, string | number>>;
  /** Names of what goes in, `name.1` for a second output. */
  readonly inputs?: readonly string[];
  readonly outputs?: readonly (readonly number[])[];
  readonly precision?: string;
  /** Elements behind the ports: bodies and their maps. */
  readonly inside?: string;
}

const port = (id: number, dims: readonly number[] | null, precision: string): string =>
  `<port id="${id}" precision="${precision}">${(dims ?? []).map((d) => `<dim>${d}</dim>`).join('')}</port>`;

/** Layers and edges, as a network and a body have them; layers are numbered from 0 on. */
export function layers(all: readonly LayerText[]): string {
  const places = new Map<string, string>();
  for (const [id, { name, inputs = [], outputs = [] }] of all.entries())
    for (const i of outputs.keys()) places.set(i === 0 ? name : `${name}.${i}`, `${id}:${inputs.length + i}`);
  const edges: string[] = [];
  const texts = all.map(({ type, name, data = {}, inputs = [], outputs = [], precision = 'FP32', inside = '' }, id) => {
    for (const [to, from] of inputs.entries()) {
      const [layer, end] = (places.get(from) ?? '').split(':');
      edges.push(`<edge from-layer="${layer}" from-port="${end}" to-layer="${id}" to-port="${to}"/>`);
    }
    const attributes = Object.entries(data)
      .map(([key, value]) => ` ${key}="${value}"`)
      .join('');
    const into = inputs.map((_, i) => port(i, [], precision)).join('');
    const out = outputs.map((dims, i) => port(inputs.length + i, dims, precision)).join('');
    return `<layer id="${id}" name="${name}" type="${type}" version="opset1"><data${attributes}/><input>${into}</input><output>${out}</output>${inside}</layer>`;
  });
  return `<layers>${texts.join('\n')}</layers><edges>${edges.join('\n')}</edges>`;
}

export const net = (all: readonly LayerText[], version = 11): string =>
  `<?xml version="1.0"?>\n<net name="tiny" version="${version}">${layers(all)}</net>`;

/** A stored tensor; `offset` is its place in the `.bin`. */
export const stored = (name: string, shape: readonly number[], offset: number, type = 'f32'): LayerText => ({
  type: 'Const',
  name,
  data: { element_type: type, shape: shape.join(', '), offset, size: 0 },
  outputs: [shape],
  precision: type.toUpperCase().replace(/^F/, 'FP'),
});

export const parameter = (name: string, shape: readonly (number | string)[]): LayerText => ({
  type: 'Parameter',
  name,
  data: { shape: shape.join(','), element_type: 'f32' },
  outputs: [shape.map((d) => (typeof d === 'number' ? d : -1))],
});

export const result = (from: string): LayerText => ({ type: 'Result', name: `${from}/sink`, inputs: [from] });

/** A convolution with half-precision weights, a grouped one, a reshape whose target lies in the `.bin`, and a product. */
export const network = (batch: number | '?' = 1): string => {
  const n = batch === '?' ? -1 : batch;
  return net([
    parameter('image', [batch, 3, 8, 8]),
    stored('conv/weight_half', [8, 3, 3, 3], 16, 'f16'),
    {
      type: 'Convert',
      name: 'conv/weight',
      data: { destination_type: 'f32' },
      inputs: ['conv/weight_half'],
      outputs: [[8, 3, 3, 3]],
    },
    {
      type: 'Convolution',
      name: 'conv/Conv',
      data: { strides: '1, 1', pads_begin: '1, 1', pads_end: '1, 1', dilations: '1, 1', auto_pad: 'explicit' },
      inputs: ['image', 'conv/weight'],
      outputs: [[n, 8, 8, 8]],
    },
    stored('conv/bias', [1, 8, 1, 1], 1000),
    {
      type: 'Add',
      name: 'conv/Add',
      data: { auto_broadcast: 'numpy' },
      inputs: ['conv/Conv', 'conv/bias'],
      outputs: [[n, 8, 8, 8]],
    },
    stored('depth/weight', [8, 1, 1, 3, 3], 2000),
    {
      type: 'GroupConvolution',
      name: 'depth/Conv',
      data: { strides: '2, 2', auto_pad: 'same_upper' },
      inputs: ['conv/Add', 'depth/weight'],
      outputs: [[n, 8, 4, 4]],
    },
    stored('target', [2], 0, 'i64'),
    {
      type: 'Reshape',
      name: 'head/flat',
      data: { special_zero: 'true' },
      inputs: ['depth/Conv', 'target'],
      outputs: [[n, 128]],
    },
    stored('head/weight', [10, 128], 4000),
    {
      type: 'MatMul',
      name: 'head/out',
      data: { transpose_a: 'false', transpose_b: 'true' },
      inputs: ['head/flat', 'head/weight'],
      outputs: [[n, 10]],
    },
    result('head/out'),
  ]);
};

/** An LSTM cell run over the second axis of its input, and a choice between two activations. */
export const controlled = (): string => {
  const body = layers([
    parameter('slice', [1, 1, 16]),
    parameter('h', [1, 32]),
    parameter('c', [1, 32]),
    stored('axis', [1], 0, 'i64'),
    { type: 'Squeeze', name: 'x', inputs: ['slice', 'axis'], outputs: [[1, 16]] },
    stored('w', [128, 16], 100),
    stored('r', [128, 32], 9000),
    stored('b', [128], 30_000),
    {
      type: 'LSTMCell',
      name: 'cell',
      data: { hidden_size: 32 },
      inputs: ['x', 'h', 'c', 'w', 'r', 'b'],
      outputs: [
        [1, 32],
        [1, 32],
      ],
    },
    { type: 'Unsqueeze', name: 'step', inputs: ['cell', 'axis'], outputs: [[1, 1, 32]] },
    result('step'),
    result('cell'),
    result('cell.1'),
  ]);
  const arm = (type: string): string =>
    layers([parameter('a', [1, 5, 32]), { type, name: 'y', inputs: ['a'], outputs: [[1, 5, 32]] }, result('y')]);
  return net([
    parameter('x', [1, 5, 16]),
    parameter('h0', [1, 32]),
    parameter('c0', [1, 32]),
    {
      type: 'TensorIterator',
      name: 'lstm',
      inputs: ['x', 'h0', 'c0'],
      outputs: [[1, 5, 32]],
      inside: `<port_map>
        <input axis="1" external_port_id="0" internal_layer_id="0" part_size="1" stride="1"/>
        <input external_port_id="1" internal_layer_id="1"/><input external_port_id="2" internal_layer_id="2"/>
        <output axis="1" external_port_id="3" internal_layer_id="10" part_size="1" stride="1"/></port_map>
        <back_edges><edge from-layer="11" to-layer="1"/><edge from-layer="12" to-layer="2"/></back_edges><body>${body}</body>`,
    },
    { ...parameter('which', []), data: { shape: '', element_type: 'boolean' }, precision: 'BOOL' },
    {
      type: 'If',
      name: 'choice',
      inputs: ['which', 'lstm'],
      outputs: [[1, 5, 32]],
      inside: `<then_port_map><input external_port_id="1" internal_layer_id="0"/><output external_port_id="2" internal_layer_id="2"/></then_port_map>
        <else_port_map><input external_port_id="1" internal_layer_id="0"/><output external_port_id="2" internal_layer_id="2"/></else_port_map>
        <then_body>${arm('ReLU')}</then_body><else_body>${arm('Tanh')}</else_body>`,
    },
    result('choice'),
  ]);
};

/** A network of version 6, whose layers hold their weights as blobs. */
export const old = (): string => {
  const io = (input: string, output: string): string =>
    `<input><port id="0">${input}</port></input><output><port id="1">${output}</port></output>`;
  const dims = (...all: number[]): string => all.map((d) => `<dim>${d}</dim>`).join('');
  return `<?xml version="1.0" ?><net batch="1" name="old" version="6"><layers>
    <layer id="0" name="data" precision="FP16" type="Input"><output><port id="1">${dims(1, 3, 9, 9)}</port></output></layer>
    <layer id="1" name="conv" precision="FP16" type="Convolution"><data dilations="1,1" group="1" kernel="3,3" output="4" pads_begin="0,0" pads_end="0,0" strides="2,2"/>${io(dims(1, 3, 9, 9), dims(1, 4, 4, 4))}<blobs><weights offset="0" size="216"/><biases offset="216" size="8"/></blobs></layer>
    <layer id="2" name="pool" precision="FP16" type="Pooling"><data exclude-pad="true" kernel="3,3" pads_begin="0,0" pads_end="0,0" pool-method="max" rounding_type="ceil" strides="2,2"/>${io(dims(1, 4, 4, 4), dims(1, 4, 2, 2))}</layer>
    <layer id="3" name="fc" precision="FP16" type="FullyConnected"><data out-size="5"/>${io(dims(1, 4, 2, 2), dims(1, 5))}<blobs><weights offset="224" size="160"/><biases offset="384" size="10"/></blobs></layer>
    </layers><edges>${[0, 1, 2].map((i) => `<edge from-layer="${i}" from-port="1" to-layer="${i + 1}" to-port="0"/>`).join('')}</edges></net>`;
};
