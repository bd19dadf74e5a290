import type { Dim } from '../../dim/index.js';
import { type GraphFormat, type GraphValue, type ModuleTree, type Scope, tensorOrNull } from '../../graph/index.js';
import type { OpSource, Value } from '../../ledger/index.js';
import { control } from './control.js';
import { entryOf } from './dialect/index.js';
import { type FunctionParts, functionKey, isStandard, partsOf, resolved } from './functions.js';
import type { OnnxCall, OnnxInfo, OnnxRule } from './info.js';
import type { Initializers } from './initializers.js';
import type { Entry, NodeContext, OnnxNode } from './node.js';
import { RepeatedEffects } from './repeated.js';
import type { FunctionProto, NodeProto } from './schema.js';
import type { TensorReader } from './tensors.js';

export interface OnnxParts {
  readonly reader: TensorReader;
  readonly stored: Initializers;
  readonly modules: ModuleTree;
  readonly scopeOf: (node: NodeProto) => Scope;
  readonly functions: ReadonlyMap<string, FunctionProto>;
}

/** ONNX for the graph runner: which rule a node has, and where its tensors and types come from. */
export function onnxFormat(parts: OnnxParts): GraphFormat<NodeProto, OnnxInfo> {
  const { stored, functions } = parts;
  const effects = new RepeatedEffects(parts.reader, (call, noted) => new Surroundings(parts, call, noted));
  /** Rules of operators that are found by their name alone: most nodes have one of these. */
  const plain = new Map<string, OnnxRule>();
  const bodies = new Map<FunctionProto, FunctionParts>();
  const bodyOf = (f: FunctionProto): FunctionParts => {
    const known = bodies.get(f) ?? partsOf(f);
    bodies.set(f, known);
    return known;
  };
  const ruleOf = (node: NodeProto, inputs: readonly (GraphValue | null)[]): OnnxRule | null => {
    const rule = control(node, inputs);
    if (rule !== undefined) return rule;
    const entry = entryOf(node.domain, node.opType);
    const called =
      functions.size === 0 ? undefined : functions.get(functionKey(node.domain, node.opType, node.overload));
    // A function of the file is what it says; ONNX's own functions have rules, which count the same in fewer entries.
    if (called !== undefined && (entry === undefined || !isStandard(node.domain)))
      return (call) => callFunction(parts, called, bodyOf(called), call);
    if (node.opType === 'Constant' && isStandard(node.domain))
      return (call) => constant(parts, entry, call, (c) => effects.node(c));
    if (entry === undefined) return null;
    const own = effects.ruleOf(entry);
    if (node.domain === '' && node.opType !== 'Identity') plain.set(node.opType, own);
    return own;
  };
  return {
    id: 'onnx',
    source: sourceOf,
    resolve: (node, { attributes }) => (attributes.size === 0 ? node : resolved(node, attributes)),
    stated: (name, { stated }) => stated.get(name),
    stored: (name, { initializers }) => {
      const tensor = initializers.get(name);
      return tensor === undefined ? undefined : stored.value(name, tensor);
    },
    rule: (node, inputs) => (node.domain === '' ? plain.get(node.opType) : undefined) ?? ruleOf(node, inputs),
  };
}

/** A constant costs nothing and is not an operator of the model. */
function constant(
  parts: OnnxParts,
  entry: Entry | undefined,
  call: OnnxCall,
  view: (call: OnnxCall) => OnnxNode,
): GraphValue[] {
  const name = call.node.output[0] ?? '';
  const tensor = call.node.attribute.find((a) => a.name === 'value')?.t;
  if (tensor !== undefined) return [parts.stored.value(name, tensor)];
  const [out] = entry?.(view(call)).outputs ?? [];
  return out === undefined ? [] : [call.runner.trace.constant(name, out)];
}

/** Answers what an entry of the dialect asks beyond its node. `noted`: called where it asks for more than types. */
class Surroundings implements NodeContext {
  readonly #parts: OnnxParts;
  readonly #call: OnnxCall;
  readonly #noted: () => void;
  #label: string | null = null;

  constructor(parts: OnnxParts, call: OnnxCall, noted: () => void) {
    this.#parts = parts;
    this.#call = call;
    this.#noted = noted;
  }

  stored(i: number): boolean {
    return this.#tensor(i)?.weight?.kind === 'parameter';
  }

  label(): string {
    this.#noted();
    this.#label ??= this.#call.runner.label(this.#call.node);
    return this.#label;
  }

  symbol(name: string, min: number): Dim {
    this.#noted();
    return this.#call.runner.symbol(name, { min });
  }

  texts(i: number): readonly string[] | undefined {
    this.#noted();
    const tensor = this.#parts.stored.tensorOf(this.#tensor(i));
    return tensor === undefined ? undefined : this.#parts.reader.smallTexts(tensor);
  }

  #tensor(i: number): Value | null {
    return tensorOrNull(this.#call.inputs[i] ?? null);
  }
}

/** A function of the file: its nodes, as if they stood in place of the call. */
function callFunction(
  { modules, scopeOf }: OnnxParts,
  f: FunctionProto,
  parts: FunctionParts,
  { node, inputs, frame, runner }: OnnxCall,
): GraphValue[] {
  return runner.call(
    functionKey(f.domain, f.name, f.overload),
    { nodes: parts.nodesFor(inputs), inputs: f.input, outputs: f.output, info: parts.infoFor(node.attribute) },
    f.input.map((_, i) => inputs[i] ?? null),
    runner.isDry
      ? frame.base
      : modules.at(frame.base, [...scopeOf(node), { path: node.name || f.name, type: f.name, call: 0 }]),
    node,
  );
}

function typeOf(node: NodeProto): string {
  return isStandard(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
}

function sourceOf(node: NodeProto): OpSource {
  return {
    type: typeOf(node),
    name: node.name === '' ? null : node.name,
    outputs: node.output,
    at: node.name === '' ? null : { node: node.name },
  };
}
