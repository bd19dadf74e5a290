import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import type { DType } from '../../tensor/index.js';
import type { Int64 } from '../../wire/cursor.js';
import { decode, type Message } from '../../wire/protobuf.js';
import { FORMAT } from './detect.js';
import { Attributes, makersIn, ordered, type PaddleNode, type Plain, type Program, type Variable } from './program.js';

// The messages of framework.proto that a program is made of.

interface TensorDesc {
  readonly dataType: number;
  readonly dims: readonly Int64[];
}
interface LodTensorDesc {
  readonly tensor?: TensorDesc;
}
interface VarType {
  readonly type: number;
  readonly denseTensor?: LodTensorDesc;
}
interface VarDesc {
  readonly name: string;
  readonly type?: VarType;
  readonly persistable: boolean;
}
interface OpVar {
  readonly parameter: string;
  readonly arguments: readonly string[];
}
interface OpAttr {
  readonly name: string;
  readonly type: number;
  readonly i: number;
  readonly f: number;
  readonly s?: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly b: boolean;
  readonly blockIdx: number;
  readonly l: Int64;
  readonly longs: readonly Int64[];
}
interface OpDesc {
  readonly inputs: readonly OpVar[];
  readonly outputs: readonly OpVar[];
  readonly type: string;
  readonly attrs: readonly OpAttr[];
}
interface BlockDesc {
  readonly vars: readonly VarDesc[];
  readonly operators: readonly OpDesc[];
}
interface VersionDesc {
  readonly version: Int64;
}
interface ProgramDesc {
  readonly blocks: readonly BlockDesc[];
  readonly version?: VersionDesc;
}

const TENSOR: Message<TensorDesc> = {
  name: 'TensorDesc',
  fields: { dataType: { at: 1, kind: 'int32' }, dims: { at: 2, kind: 'int64', repeated: true } },
};
const LOD: Message<LodTensorDesc> = {
  name: 'LoDTensorDesc',
  fields: { tensor: { at: 1, kind: 'message', of: () => TENSOR, optional: true } },
};
const VAR_TYPE: Message<VarType> = {
  name: 'VarType',
  fields: { type: { at: 1, kind: 'int32' }, denseTensor: { at: 3, kind: 'message', of: () => LOD, optional: true } },
};
const VAR: Message<VarDesc> = {
  name: 'VarDesc',
  fields: {
    name: { at: 1, kind: 'string' },
    type: { at: 2, kind: 'message', of: () => VAR_TYPE, optional: true },
    persistable: { at: 3, kind: 'bool' },
  },
};
const OP_VAR: Message<OpVar> = {
  name: 'OpDesc.Var',
  fields: { parameter: { at: 1, kind: 'string' }, arguments: { at: 2, kind: 'string', repeated: true } },
};
const ATTR: Message<OpAttr> = {
  name: 'OpDesc.Attr',
  fields: {
    name: { at: 1, kind: 'string' },
    type: { at: 2, kind: 'int32' },
    i: { at: 3, kind: 'int32' },
    f: { at: 4, kind: 'float' },
    s: { at: 5, kind: 'string', optional: true },
    ints: { at: 6, kind: 'int32', repeated: true },
    floats: { at: 7, kind: 'float', repeated: true },
    b: { at: 10, kind: 'bool' },
    blockIdx: { at: 12, kind: 'int32' },
    l: { at: 13, kind: 'int64' },
    longs: { at: 15, kind: 'int64', repeated: true },
  },
};
const OP: Message<OpDesc> = {
  name: 'OpDesc',
  fields: {
    inputs: { at: 1, kind: 'message', of: () => OP_VAR, repeated: true },
    outputs: { at: 2, kind: 'message', of: () => OP_VAR, repeated: true },
    type: { at: 3, kind: 'string' },
    attrs: { at: 4, kind: 'message', of: () => ATTR, repeated: true },
  },
};
const BLOCK: Message<BlockDesc> = {
  name: 'BlockDesc',
  fields: {
    vars: { at: 3, kind: 'message', of: () => VAR, repeated: true },
    operators: { at: 4, kind: 'message', of: () => OP, repeated: true },
  },
};
const VERSION: Message<VersionDesc> = { name: 'Version', fields: { version: { at: 1, kind: 'int64' } } };
const PROGRAM: Message<ProgramDesc> = {
  name: 'ProgramDesc',
  fields: {
    blocks: { at: 1, kind: 'message', of: () => BLOCK, repeated: true },
    version: { at: 4, kind: 'message', of: () => VERSION, optional: true },
  },
};

/** Element types by their numbers. */
const TYPES: Readonly<Record<number, DType>> = {
  0: 'bool',
  1: 'int16',
  2: 'int32',
  3: 'int64',
  4: 'float16',
  5: 'float32',
  6: 'float64',
  20: 'uint8',
  21: 'int8',
  22: 'bfloat16',
};

export const dtypeOf = (number: number): DType | null => TYPES[number] ?? null;

/** Kinds of attributes whose value is in this field. */
function plainOf(attr: OpAttr): Plain {
  const { type } = attr;
  const values: readonly Plain[] = [
    attr.i,
    attr.f,
    attr.s ?? '',
    attr.ints,
    attr.floats,
    null, // texts: call stacks and names of variables
    attr.b,
    null,
    attr.blockIdx,
    Number(attr.l),
    null,
    attr.longs.map(Number),
  ];
  return values[type] ?? null;
}

/** Variables that are the program's own ways in and out, and no tensors. */
const FEED = 9;
const FETCH = 10;
/** Variables that are lists of tensors. */
const LIST = 13;

/** Attributes that name a block, by the kind that they are of. */
const BLOCK_KIND = 8;

/** The program of a `.pdmodel`: its first block, and those that its operators run. Throws ModelError. */
export function readDesc(source: Source): Program {
  const desc = decode(windowed(source), PROGRAM, { format: FORMAT });
  const block = desc.blocks[0];
  if (block === undefined || block.operators.length === 0)
    throw new ModelError('malformed', 'the program has no operators', {
      format: FORMAT,
      hint: 'Export it again with paddle.jit.save or save_inference_model.',
    });
  const variables = new Map<string, Variable>();
  // A name belongs to its block: others mean something else by it. Weights are the first one's.
  for (const { vars } of desc.blocks)
    for (const v of vars) if (!variables.has(v.name)) variables.set(v.name, variableOf(v));
  const blocks = desc.blocks.map(({ operators }) => ({
    nodes: operators.map((op): PaddleNode => nodeOf(op, variables)),
    inputs: [],
    outputs: [],
  }));
  const nodes = blocks[0]?.nodes ?? [];
  const feeds = nodes.filter((node) => node.opType === 'feed').flatMap((node) => node.output);
  const fetches = nodes.filter((node) => node.opType === 'fetch').flatMap((node) => node.input);
  const version = Number(desc.version?.version ?? 0);
  return {
    nodes: nodes.filter((node) => node.opType !== 'feed' && node.opType !== 'fetch'),
    blocks,
    makers: makersIn(blocks),
    variables,
    inputs: feeds.map((name) => ({ value: name, name })),
    outputs: fetches,
    producer: version > 0 ? `PaddlePaddle ${spelled(version)}` : null,
    scope: () => [],
  };
}

/** 2000002 is 2.0.2. */
function spelled(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.');
}

function variableOf({ name, type, persistable }: VarDesc): Variable {
  const tensor = type?.denseTensor?.tensor;
  return {
    name,
    label: name,
    dtype: tensor === undefined ? null : dtypeOf(tensor.dataType),
    shape: (tensor?.dims ?? []).map(Number),
    stored: persistable && type?.type !== FEED && type?.type !== FETCH,
    ...(type?.type === LIST ? { list: true } : {}),
  };
}

/** Operators that run blocks or choose among their results: which of their inputs must be there. */
const CONDITIONS: Readonly<Record<string, string>> = {
  while: 'Condition',
  conditional_block: 'Cond',
  conditional_block_infer: 'Cond',
  select_input: 'Mask',
};

function nodeOf(op: OpDesc, variables: ReadonlyMap<string, Variable>): PaddleNode {
  const inputs = ordered(op.inputs.map((v) => [v.parameter, v.arguments] as const));
  const outputs = ordered(
    op.outputs.map((v) => [v.parameter, v.arguments] as const),
    true,
  );
  // Running statistics are written back in place.
  const output = outputs.all.filter((name) => variables.get(name)?.stored !== true);
  const attrs = new Attributes(new Map(op.attrs.map((attr) => [attr.name, plainOf(attr)])), inputs.slots);
  const node = { name: output[0] ?? '', opType: op.type, input: inputs.all, output, attrs };
  if (!Object.hasOwn(CONDITIONS, op.type)) return node;
  const reads = new Map(op.inputs.map((v) => [v.parameter, v.arguments]));
  const bodies = op.attrs.filter((attr) => attr.type === BLOCK_KIND).map((attr) => attr.blockIdx);
  return {
    ...node,
    name: bodies.length === 0 ? node.name : `${op.type}_${bodies[0]}`,
    input: (reads.get(CONDITIONS[op.type] as string) ?? []).slice(0, 1),
    bodies,
    reads,
  };
}
