import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { ledgerOfLayers, scopesOf, unread } from '../layer-graph/read.js';
import type { StatedInput } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { FORMAT } from './detect.js';
import type { Fields } from './fields.js';
import { ruleFor } from './layers/index.js';
import { type CaffeLayer, netOf } from './parse.js';

/**
 * Reads a Caffe network as it is at inference: losses and what reads data are left out. Contents of
 * weights are not read. Throws ModelError.
 */
export function readCaffe(source: Source, options: ReadOptions = {}): Ledger {
  const net = netOf(source);
  const sources = net.layers.filter((layer) => layer.bottom.length === 0 && isData(layer.type));
  const nodes = net.layers
    .filter((layer) => !sources.includes(layer) && !LEFT_OUT.test(layer.type))
    .map(
      ({ name, type, bottom, top, fields }): LayerNode<Fields> => ({
        name,
        opType: type,
        input: bottom,
        output: top,
        attrs: fields,
      }),
    );
  if (nodes.length === 0)
    throw new ModelError('malformed', 'the network has no layers that compute', {
      format: FORMAT,
      hint: 'Give the .prototxt of a network (deploy.prototxt), not a solver’s.',
    });
  const used = new Set(nodes.flatMap((node) => node.input));
  const inputs = [
    ...net.inputs.map(({ name, shape }) => ({ name, type: shape.length === 0 ? null : typeOf(shape) })),
    ...sources.flatMap(inputsOf),
  ].filter(({ name }) => used.has(name));
  return ledgerOfLayers(
    {
      format: FORMAT,
      name: net.name === '' ? source.name : net.name,
      producer: null,
      nodes,
      inputs: withShapes(inputs, options),
      outputs: unread(nodes),
      rule: (node) => ruleFor(node.opType),
      scope: scopesOf(nodes),
      file: source,
    },
    options,
  );
}

/** Layers that training and tests add, and those that nobody reads. */
const LEFT_OUT = /Loss$|^(SoftmaxWithLoss|Accuracy|Silence|HDF5Output|DetectionEvaluate|MultiBoxLoss)$/;

function isData(type: string): boolean {
  // Data layers of one's own are written in Python.
  return /Data$|^(Input|AnnotatedData|DetectNetTransformation|Python)$/.test(type);
}

function typeOf(shape: readonly number[]): StatedInput['type'] {
  return { dtype: 'float32', shape };
}

/** Shapes of what a layer gives that reads nothing; null if only the data say. */
function inputsOf({ type, top, fields }: CaffeLayer): StatedInput[] {
  if (type === 'Input' || type === 'DummyData') {
    const of = fields.message(type === 'Input' ? 'input_param' : 'dummy_data_param');
    const shapes = of.list('shape').map((shape) => shape.numbers('dim'));
    const old = ['num', 'channels', 'height', 'width'].map((name) => of.numbers(name));
    return top.map((name, i) => {
      const dims = shapes[i] ?? (shapes.length === 1 ? shapes[0] : undefined);
      if (dims !== undefined && dims.length > 0) return { name, type: typeOf(dims) };
      const legacy = old.map((values) => values[i] ?? values[0]);
      return { name, type: legacy.some((d) => d === undefined) ? null : typeOf(legacy as number[]) };
    });
  }
  return top.map((name, i) => ({ name, type: i === 0 ? imagesOf(type, fields) : null }));
}

/** Images that are cut or scaled to one size before the network sees them. */
function imagesOf(type: string, fields: CaffeLayer['fields']): StatedInput['type'] {
  const memory = fields.message('memory_data_param');
  if (type === 'MemoryData')
    return typeOf(['batch_size', 'channels', 'height', 'width'].map((name) => memory.number(name)));
  const of = fields.message(type === 'ImageData' ? 'image_data_param' : 'data_param');
  const transform = fields.message('transform_param');
  const crop = transform.number('crop_size') || of.number('crop_size');
  const resized = transform.message('resize_param');
  const [height, width] = (['height', 'width'] as const).map(
    (name) => crop || of.number(`new_${name}`) || resized.number(name),
  ) as [number, number];
  const batch = of.number('batch_size');
  if (height < 1 || width < 1 || batch < 1) return null;
  // How many channels is in the data; pictures have three where nothing says one.
  const grey = transform.flag('force_gray') || (type === 'ImageData' && !of.flag('is_color', true));
  return typeOf([batch, grey ? 1 : 3, height, width]);
}

/** Inputs whose shape neither the file nor the caller gives stop the reading: weights depend on them. */
function withShapes(inputs: readonly StatedInput[], options: ReadOptions): readonly StatedInput[] {
  const given = options.inputs ?? [];
  const first = inputs.find(
    ({ name, type }) => type === null && !given.some((g) => g.name === undefined || g.name === name),
  );
  if (first !== undefined)
    throw new ModelError('argument', `the file does not say what shape ${first.name} has`, {
      format: FORMAT,
      hint: `Give it: --input ${first.name}=1x3x224x224, or the deploy.prototxt.`,
    });
  return inputs;
}
