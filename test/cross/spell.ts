import { readKeras } from '../../src/formats/keras/read.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { TfNode } from '../../src/formats/tensorflow/nodes.js';
import { Operator as TfOperator } from '../../src/formats/tensorflow/operator.js';
import { entryOf as tfEntryOf } from '../../src/formats/tensorflow/operators/index.js';
import { Operator } from '../../src/formats/tflite/operator.js';
import { entryOf } from '../../src/formats/tflite/operators/index.js';
import type { SubGraph, TfliteNode, TfliteTensor } from '../../src/formats/tflite/schema.js';
import { newModule, Trace } from '../../src/ledger/index.js';
import { type Effect, tally } from '../../src/ops/index.js';
import { memorySource } from '../../src/source/index.js';
import type { DType, TensorType } from '../../src/tensor/index.js';
import * as nn from '../../src/torch/nn/index.js';
import { type Arg, applyAten } from '../../src/torch/operators/index.js';
import { attributes, ints, modelOf, node, tensor, tensorType as tensorTypeOf } from '../formats/onnx-build.js';
import { int, len } from '../wire/encode.js';
import type { Door } from './known.js';
import { type CoremlCase, type MilCase, type OpenvinoCase, viaCoreml, viaMil, viaOpenvino } from './spell-graphs.js';
import { type CaffeCase, type DarknetCase, type NcnnCase, viaCaffe, viaDarknet, viaNcnn } from './spell-layers.js';
import { type MnnCase, type PaddleCase, viaMnn, viaPaddle } from './spell-programs.js';
import { type Cost, costOf, type Input, known, type Stored, typeOf } from './spell-types.js';

/** One operator as each format spells it. */
export interface Case {
  /** Shapes of the tensors that it takes; float32 where nothing else is said. */
  readonly inputs: readonly Input[];
  readonly nn?: (...x: nn.Tensor[]) => nn.Tensor | readonly nn.Tensor[];
  /** A layer in place of `nn`, called with the first input; its own weights stand for the others. */
  readonly layer?: () => nn.AnyModule;
  /** PyTorch's operator, and its arguments: the tensors are `$0`, `$1`, … */
  readonly aten?: readonly [name: string, ...args: unknown[]];
  readonly onnx?: OnnxCase;
  readonly tflite?: TfliteCase;
  readonly tensorflow?: TensorflowCase;
  readonly keras?: KerasCase;
  readonly openvino?: OpenvinoCase;
  readonly mil?: MilCase;
  readonly coreml?: CoremlCase;
  readonly paddle?: PaddleCase;
  readonly mnn?: MnnCase;
  readonly ncnn?: NcnnCase;
  readonly caffe?: CaffeCase;
  readonly darknet?: DarknetCase;
  /** Further operators of PyTorch on the same tensors, where it takes several. */
  readonly also?: readonly (readonly [name: string, ...args: unknown[]])[];
  /** How many outputs are compared; 1 where nothing is said. */
  readonly outputs?: number;
}

/** ONNX's operator with its attributes, and small tensors that it takes behind the others. */
export interface OnnxCase {
  readonly op: string;
  readonly with?: Parameters<typeof attributes>[0];
  /** Integers; `{ float: … }` is a scalar of floats. */
  readonly further?: readonly (readonly number[] | number | { readonly float: number })[];
  readonly opset?: number;
  readonly domain?: string;
  /** Tensors in another order, or others; integers that the file holds; null for one that is left out. */
  readonly inputs?: readonly (Input | Stored | null)[];
}

/** TensorFlow Lite's builtin operator: its options by the numbers of their fields; the channels are behind. */
export interface TfliteCase {
  readonly op: string;
  readonly options?: Readonly<Record<number, number | boolean | readonly number[]>>;
  readonly inputs?: readonly (Input | Stored | null)[];
  /** What the file states of the outputs' types, and of their extents. */
  readonly dtype?: DType;
  readonly states?: readonly number[];
}

/** TensorFlow's operator with its attributes: integers, texts, truths, lists, types by their numbers. */
export interface TensorflowCase {
  readonly op: string;
  readonly with?: Readonly<
    Record<
      string,
      number | string | boolean | readonly number[] | { readonly type: number } | { readonly floats: readonly number[] }
    >
  >;
  /** Those of TensorFlow Lite where nothing is said. */
  readonly inputs?: readonly (Input | Stored | null)[];
  /** Further operators, where it takes several. */
  readonly also?: readonly TensorflowCase[];
}

/** A layer of Keras with its configuration. */
export interface KerasCase {
  readonly layer: string;
  readonly with?: object;
  readonly inputs: readonly Input[];
}

function viaNn({ inputs, nn: run, layer, outputs = 1 }: Case): Cost {
  class Net extends nn.Module<nn.Tensor[], unknown> {
    readonly layer = layer?.() ?? null;
    override forward(...x: nn.Tensor[]): unknown {
      if (this.layer === null) return (run as NonNullable<Case['nn']>)(...x);
      return [(this.layer as unknown as (x: nn.Tensor) => unknown)(x[0] as nn.Tensor)].flat()[0];
    }
  }
  const given = layer === undefined ? inputs : inputs.slice(0, 1);
  return costOf(nn.readModule(new Net() as unknown as nn.AnyModule, given.map(typeOf)), outputs);
}

function viaAten({ inputs, aten, also = [], outputs = 1 }: Case): Cost {
  const calls = [aten as NonNullable<Case['aten']>, ...also];
  const [[name]] = calls as [readonly [string, ...unknown[]]];
  const trace = new Trace();
  trace.enter(newModule('', 'Net'), '', []);
  const given = inputs.map((input, i) => ({ name: `x${i}`, value: trace.input(`x${i}`, typeOf(input)) }));
  const filled = (arg: unknown): Arg => {
    if (Array.isArray(arg)) return arg.map(filled);
    return typeof arg === 'string' && arg.startsWith('$') ? (given[Number(arg.slice(1))]?.value as Arg) : (arg as Arg);
  };
  const [results] = calls.map(([own, ...args]) =>
    applyAten(trace, { name: own, args: args.map(filled), spelling: { type: own } }),
  ) as [ReturnType<typeof applyAten>];
  trace.exit([]);
  const made = results
    .flat()
    .flatMap((value) =>
      typeof value === 'object' && value !== null && 'storage' in value ? [{ name: 'y', value }] : [],
    );
  const ledger = trace.ledger({
    name,
    format: 'aten',
    producer: null,
    file: null,
    inputs: given,
    outputs: made as never,
    modules: 'none',
  });
  return costOf(ledger, outputs);
}

const TYPES: Readonly<Partial<Record<DType, number>>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };

function viaOnnx(of: Case): Cost {
  const { op, with: values = {}, further = [], opset = 17, domain, inputs } = of.onnx as OnnxCase;
  const given = inputs ?? of.inputs;
  const names = given.map((input, i) => (input === null ? '' : `x${i}`));
  const constants = further.map((value, i) => {
    if (typeof value === 'object' && 'float' in value)
      return tensor(`c${i}`, [], 1, len(9, new Uint8Array(new Float32Array([value.float]).buffer)));
    const list = [value].flat() as number[];
    return ints(`c${i}`, Array.isArray(value) ? [list.length] : [], list);
  });
  const stored = given.flatMap((input, i) =>
    input !== null && 'value' in input
      ? [ints(`x${i}`, (input.shape ?? [input.value.length]) as readonly number[], input.value)]
      : [],
  );
  const made = Array.from({ length: Math.max(1, of.outputs ?? 1) }, (_, i) => `y${i}`);
  const graph = {
    nodes: [
      node(
        op,
        [...names, ...further.map((_, i) => `c${i}`)],
        made,
        attributes(values),
        ...(domain === undefined ? [] : [len(7, domain)]),
      ),
    ],
    inputs: Object.fromEntries(
      given.flatMap((input, i) => {
        if (input === null || 'value' in input) return [];
        const { shape, dtype } = typeOf(input);
        return [[`x${i}`, tensorTypeOf(TYPES[dtype] ?? 1, shape as readonly number[])]];
      }),
    ),
    outputs: made,
    initializers: [...constants, ...stored],
  };
  return costOf(
    readModel(
      memorySource(modelOf(graph, opset, ...(domain === undefined ? [] : [len(8, len(1, domain), int(2, 1))])), {
        name: 'case.onnx',
      }),
    ),
    of.outputs ?? 1,
  );
}

function storedType(input: Input | Stored | null): TensorType | undefined {
  if (input === null) return undefined;
  if ('value' in input) return { dtype: 'int32', shape: input.shape ?? [input.value.length], value: input.value };
  return typeOf(input);
}

/** The rule alone, outside of a graph. */
function effectCost(effect: Effect, outputs: number): Cost {
  if (effect.gap !== undefined) throw new Error(`${effect.op}: ${effect.gap}`);
  const { macs, macsUnpadded, flops, primitives } = tally(effect.work);
  const shapes = effect.outputs.slice(0, outputs).map((o) => o.shape);
  return { ops: [effect.op], macs, macsUnpadded, flops, primitives: known(primitives), shapes };
}

function viaTflite(of: Case): Cost {
  const { op, options = {}, inputs, dtype, states } = of.tflite as TfliteCase;
  const types = (inputs ?? of.inputs).map(storedType);
  const at = <T>(field: number, otherwise: T): T => (options[field] as T | undefined) ?? otherwise;
  const stated = { dtype, shape: states } as unknown as TfliteTensor;
  const outputs = Array.from({ length: of.outputs ?? 1 }, (_, i) => `y${i}`);
  const graph = { byName: new Map(dtype === undefined ? [] : outputs.map((y) => [y, stated])) } as unknown as SubGraph;
  const made = {
    name: op,
    opType: op,
    custom: false,
    input: types.map((_, i) => `x${i}`),
    output: outputs,
    options: {
      u8: at,
      i32: at,
      bool: at,
      ints: (field: number) => at<number[]>(field, []),
      u64: (field: number) => BigInt(at(field, 0)),
    },
    customOptions: null,
    graph,
  } as unknown as TfliteNode;
  const entry = entryOf(op);
  if (entry === undefined) throw new Error(`${op} has no rule`);
  const effect = entry.run(new Operator({ node: made, types, isStored: () => false, symbol: () => 7 }));
  return effectCost(effect, outputs.length);
}

function tensorflowEffect(of: TensorflowCase, inputs: readonly (Input | Stored | null)[]): Effect {
  const entry = tfEntryOf(of.op);
  if (entry === undefined) throw new Error(`${of.op} has no rule`);
  const attrs = Object.entries(of.with ?? {}).map(([name, value]) => {
    if (typeof value === 'number') return [name, { i: value }];
    if (typeof value === 'string') return [name, { s: value }];
    if (typeof value === 'boolean') return [name, { b: value }];
    if ('floats' in value) return [name, { list: { f: value.floats } }];
    return [name, 'type' in value ? value : { list: { i: value } }];
  });
  const node = { opType: of.op, input: inputs.map((_, i) => `x${i}`), attrs: new Map(attrs as never) };
  const types = inputs.map((input) => storedType(input) ?? null);
  return entry.run(new TfOperator({ node: node as unknown as TfNode, types, isStored: () => false, symbol: () => 7 }));
}

function viaTensorflow(of: Case): Cost {
  const own = of.tensorflow as TensorflowCase;
  const effect = tensorflowEffect(own, own.inputs ?? of.tflite?.inputs ?? of.inputs);
  const rest = (own.also ?? []).map((next) => tensorflowEffect(next, next.inputs ?? []));
  const all = { ...effect, work: [effect, ...rest].flatMap((e) => e.work) };
  return effectCost(all, of.outputs ?? 1);
}

/** A model of Keras 2 that is one layer. */
function viaKeras(of: Case): Cost {
  const { layer, with: config = {}, inputs } = of.keras as KerasCase;
  const given = inputs.map((input, i) => {
    const { shape, dtype } = typeOf(input);
    const name = `x${i}`;
    return { name, class_name: 'InputLayer', config: { name, batch_input_shape: shape, dtype }, inbound_nodes: [] };
  });
  const own = {
    name: 'own',
    class_name: layer,
    config: { name: 'own', ...config },
    inbound_nodes: [given.map(({ name }) => [name, 0, 0, {}])],
  };
  const model = {
    class_name: 'Model',
    keras_version: '2.2.4',
    config: {
      name: 'case',
      layers: [...given, own],
      input_layers: given.map(({ name }) => [name, 0, 0]),
      output_layers: [['own', 0, 0]],
    },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(model));
  return costOf(readKeras(memorySource(bytes, { name: 'model.json' })), of.outputs ?? 1);
}

export const WAYS: Readonly<Record<Door, (of: Case) => Cost>> = {
  nn: viaNn,
  aten: viaAten,
  onnx: viaOnnx,
  tflite: viaTflite,
  tensorflow: viaTensorflow,
  keras: viaKeras,
  openvino: (of) => viaOpenvino(of.openvino as OpenvinoCase, of.inputs, of.outputs),
  mil: (of) => viaMil(of.mil as MilCase, of.inputs, of.outputs),
  coreml: (of) => viaCoreml(of.coreml as CoremlCase, of.inputs, of.outputs),
  paddle: (of) => viaPaddle(of.paddle as PaddleCase, of.inputs, of.outputs),
  mnn: (of) => viaMnn(of.mnn as MnnCase, of.inputs, of.outputs),
  ncnn: (of) => viaNcnn(of.ncnn as NcnnCase, of.inputs, of.outputs),
  caffe: (of) => viaCaffe(of.caffe as CaffeCase, of.inputs, of.outputs),
  darknet: (of) => viaDarknet(of.darknet as DarknetCase, of.inputs, of.outputs),
};

/** What a case costs through every format that spells it. */
export function costsOf(of: Case): readonly (readonly [Door, Cost])[] {
  const doors = (Object.keys(WAYS) as Door[]).filter(
    (door) => of[door] !== undefined || (door === 'nn' && of.layer !== undefined),
  );
  return doors.map((door) => [door, WAYS[door](of)]);
}

/** Costs as they are compared: which axis lies where is the format's, and where it puts axes of 1. */
export function comparable({ macs, macsUnpadded, flops, primitives, shapes }: Cost): unknown {
  const sorted = shapes.map((shape) =>
    [...(shape ?? [])]
      .map(String)
      .filter((d) => d !== '1')
      .sort(),
  );
  return { macs, macsUnpadded, flops, primitives, shapes: sorted };
}
