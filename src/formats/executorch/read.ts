import {
  endModel,
  GraphRunner,
  type GraphValue,
  scalarOf,
  sourceOf,
  tensorOrNull,
  Unsupported,
} from '../../graph/index.js';
import { type Ledger, newModule, Trace, type Value, type Weight } from '../../ledger/index.js';
import { isModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { paged } from '../../source/pages.js';
import type { TensorType } from '../../tensor/index.js';
import { type Arg, applyAten, knowsAten } from '../../torch/operators/index.js';
import { boundNames, settleStated } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { argOf, graphValueOf, integer, type PteCall } from './arguments.js';
import { either, repeat } from './control.js';
import { countsBy } from './counting.js';
import { tensorAt, tensorsIn } from './instruction.js';
import { KERNELS, type KernelArgs } from './kernels.js';
import { spread } from './keywords.js';
import { nameOf, type PteLoop, type PteNode } from './node.js';
import { nodesOf } from './program.js';
import { FORMAT, methodsOf, type PteMethod, type PteTensor } from './schema.js';
import { runXnnpack } from './xnnpack/index.js';

/**
 * Reads a method of an ExecuTorch program: `forward`, or the first. Weights are not read; what a backend has compiled
 * into a form of its own is named as not counted. Throws ModelError.
 */
export function readPte(given: Source, options: ReadOptions = {}): Ledger {
  const source = paged(given);
  const methods = methodsOf(source);
  const method = methods.find((m) => m.name === 'forward') ?? (methods[0] as PteMethod);
  const nodes = nodesOf(method);
  const tensors = method.inputs.filter((i) => tensorAt(method, i) !== null);
  const stated = tensors.map((i) => ({ name: nameOf(method, i), type: typeOf(tensorAt(method, i)) }));
  const settled = settleStated(stated, options, FORMAT);
  const trace = new Trace(options.formulas);
  for (const note of [...settled.notes, ...notesOf(methods, method, tensors)]) trace.note(note);
  const stored = new Map<string, Value>();
  const settings = settingsOf(nodes, method);
  const byName = new Map(method.values.map((_, i) => [nameOf(method, i), i]));
  const runner = new GraphRunner<PteNode, PteMethod>({
    trace,
    format: {
      id: FORMAT,
      source: sourceOf,
      stored: (name) => {
        const value = stored.get(name) ?? storedValue(trace, method, byName.get(name), name, settings.has(name));
        if (value !== undefined) stored.set(name, value);
        return value;
      },
      stated: (name) => (settled.asStated ? typeOf(tensorAt(method, byName.get(name) ?? -1)) : null),
      rule: (node) => (call) => run(node, call, method, settled.asStated, source),
    },
    places: { at: (_, base) => trace.resume(base), size: () => 0, rewind: () => {} },
    bindings: settled.bindings,
  });
  const root = trace.enter(
    newModule('', method.name),
    '',
    settled.inputs.map((i) => i.type),
  );
  const inputs = settled.inputs.map(({ name, type }) => ({ name, value: trace.input(name, type) }));
  const names = tensorsIn(method, method.outputs).map((i) => nameOf(method, i));
  const results = trace.collecting(() =>
    runner.top(
      { nodes, inputs: inputs.map((i) => i.name), outputs: names, info: method },
      inputs.map((i) => i.value),
      root,
    ),
  );
  const outputs = endModel(trace, null, root, names, results);
  return trace.ledger({
    name: method.name,
    format: FORMAT,
    producer: null,
    file: { bytes: given.size, bytesRead: given.bytesRead },
    inputs,
    outputs,
    bound: boundNames(options, settled.names, runner.bound),
    weights: runner.weights,
    modules: 'none',
  });
}

function notesOf(methods: readonly PteMethod[], method: PteMethod, inputs: readonly number[]) {
  const others = methods.filter((m) => m !== method).map((m) => m.name);
  const shown = `${others.slice(0, 6).join(', ')}${others.length > 6 ? ', …' : ''}`;
  return [
    ...(others.length === 0
      ? []
      : [
          {
            code: 'other-programs' as const,
            message: `the program also has the methods ${shown}; ${method.name} is read`,
          },
        ]),
    ...(inputs.some((i) => tensorAt(method, i)?.dynamic)
      ? [
          {
            code: 'assumed' as const,
            message: 'sizes of inputs may vary: those that are counted are the largest, which the file states',
          },
        ]
      : []),
  ];
}

function typeOf(tensor: PteTensor | null): TensorType | null {
  return tensor === null || tensor.dtype === null ? null : { dtype: tensor.dtype, shape: tensor.sizes };
}

/** Tensors that steer how integers are scaled, and are not weights. */
function settingsOf(nodes: readonly PteNode[], method: PteMethod): Set<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    for (const part of [...(node.arms ?? []), node.loop?.check ?? [], node.loop?.body ?? []])
      for (const name of settingsOf(part, method)) found.add(name);
    const from = /^quantized_decomposed::/.test(node.opType)
      ? 1
      : node.kind === 'call' && !/^aten::/.test(node.opType)
        ? 3
        : null;
    if (from !== null) for (const i of tensorsIn(method, node.args.slice(from))) found.add(nameOf(method, i));
  }
  return found;
}

/** Types that hold real numbers, or integers that stand for them. */
const REAL = /^(?:b?float|int8|uint8|int4|uint4|int32)/;

/** A stored tensor; one that is neither stored nor made is a state that is kept from one run to the next. */
function storedValue(
  trace: Trace,
  method: PteMethod,
  i: number | undefined,
  name: string,
  setting: boolean,
): Value | undefined {
  const tensor = i === undefined ? null : tensorAt(method, i);
  if (tensor === null) return undefined;
  const type = typeOf(tensor);
  if (type === null) return trace.opaque(name, 'weight');
  const count = tensor.sizes.reduce((a, b) => a * b, 1);
  if (setting || tensor.buffer === null || count <= 1 || !REAL.test(type.dtype)) return trace.constant(name, type);
  const weight: Weight = { name, aliases: [], kind: 'parameter', trainable: null, ...type };
  return trace.weight(weight);
}

function run(
  node: PteNode,
  call: PteCall,
  method: PteMethod,
  asStated: boolean,
  source: Source,
): readonly GraphValue[] | ReturnType<(typeof KERNELS)[string]> {
  if (node.kind === 'move') return [graphValueOf(node.args[0] as number, call, method)];
  if (node.kind === 'jump')
    throw new Unsupported('where the program goes on is not known: it jumps into the middle of a loop');
  if (node.kind === 'branch') return either(node, call, method);
  if (node.kind === 'loop') return repeat(node.loop as PteLoop, node, call, method);
  if (node.kind === 'delegate') return compiled(node, call, method, asStated, source);
  const [name, overload = ''] = spelled(node.opType);
  const counts = countsBy(name);
  if (counts !== null) return [integer(call, counts(node.args.map((i) => scalarOf(graphValueOf(i, call, method)))))];
  const kernel = KERNELS[name];
  if (kernel !== undefined) return kernel(kernelArgs(node, call, method, asStated));
  return aten(name, overload, node, call, method, asStated);
}

/** Works out a part that a backend has compiled: XNNPACK's graph says what it computes, those of others do not. */
function compiled(
  node: PteNode,
  call: PteCall,
  method: PteMethod,
  asStated: boolean,
  source: Source,
): readonly GraphValue[] {
  const { delegate, all } = node.compiled ?? { delegate: null, all: [] };
  if (!delegate?.place || !/xnnpack/i.test(delegate.backend))
    throw new Unsupported(
      `the backend ${node.opType} has compiled it: export the program without to_backend, or read the .pt2`,
    );
  if (!asStated) throw new Unsupported('it is compiled for the sizes that the file states');
  const outs = new Set(node.outs);
  const args = all.map((i) => (outs.has(i) ? null : tensorOrNull(argOf(i, call, method) as GraphValue)));
  const places = new Map([...all.entries()].reverse().map(([k, i]) => [i, k]));
  const made = runXnnpack(source, delegate.place, call, args);
  return node.outs.map((out): GraphValue => {
    const value = made.get(places.get(out) ?? -1);
    const type = typeOf(tensorAt(method, out));
    // Axes are in the order of the program again.
    return value === undefined
      ? call.runner.trace.opaque(null)
      : call.runner.trace.alias(nameOf(method, out), type ?? value.type, value);
  });
}

/** `aten::add.out` is `aten::add`, `out`. */
function spelled(operator: string): [string, string] {
  const dot = operator.indexOf('.', operator.indexOf('::') + 2);
  return dot < 0 ? [operator, ''] : [operator.slice(0, dot), operator.slice(dot + 1)];
}

function aten(
  name: string,
  overload: string,
  node: PteNode,
  call: PteCall,
  method: PteMethod,
  asStated: boolean,
): readonly GraphValue[] {
  const { trace } = call.runner;
  const hints = node.outs.map((i) => (asStated ? typeOf(tensorAt(method, i)) : null));
  const own = name.startsWith('aten::') ? name.slice(6).replace(/_copy$/, '') : name.replace('::', '.');
  const target = knowsAten(own) ? own : name.startsWith('aten::') ? name.slice(6) : own;
  const { positional, keywords } = spread(
    target,
    overload,
    node.args.map((i) => argOf(i, call, method)),
  );
  try {
    const results = applyAten(trace, {
      name: target,
      args: positional,
      kwargs: keywords,
      spelling: call.source,
      hints,
    });
    return results.flatMap((r): GraphValue[] => (Array.isArray(r) ? (r as GraphValue[]) : [r as GraphValue]));
  } catch (error) {
    if (!asStated || !isModelError(error) || (error.code !== 'shape' && error.code !== 'argument')) throw error;
    throw new Unsupported(error.message);
  }
}

function kernelArgs(node: PteNode, call: PteCall, method: PteMethod, asStated: boolean): KernelArgs {
  const at = (i: number): Arg => (node.args[i] === undefined ? null : argOf(node.args[i] as number, call, method));
  const typed = (i: number): TensorType | null => tensorOrNull(at(i) as GraphValue)?.type ?? null;
  const [out] = node.outs;
  return {
    tensor: (i) => {
      const type = typed(i);
      if (type === null) throw new Unsupported(`the shape of its argument ${i + 1} is not known`);
      return type;
    },
    optional: typed,
    ints: (i) => {
      const list = at(i);
      return Array.isArray(list) ? list.map(Number) : typeof list === 'number' ? [list] : [];
    },
    int: (i) => Number(at(i) ?? 0),
    tensors: node.args.flatMap((_, i) => typed(i) ?? []),
    out: asStated && out !== undefined ? typeOf(tensorAt(method, out)) : null,
  };
}
