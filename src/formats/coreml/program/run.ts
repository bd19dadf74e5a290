import { type Call, GraphRunner, type Rule, sourceOf, valueOr } from '../../../graph/index.js';
import type { Trace, Value, Weight } from '../../../ledger/index.js';
import { ModelError } from '../../../source/errors.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import { FORMAT } from '../features.js';
import type { Context, Features } from '../run.js';
import { scopeOf } from '../scopes.js';
import { blockOf, type Constant, type MilInfo, type MilNode } from './block.js';
import { control } from './control.js';
import { math } from './math.js';
import { Operator, type Table } from './operator.js';
import { shape } from './shape.js';
import { isWhole, typeOf } from './types.js';
import { windows } from './windows.js';

/** Operators by name; one is added with an entry in the table of its theme. */
const OPERATORS: Table = { ...windows, ...math, ...shape };

/** The function that is run: the model's default, `main`, or the first. */
function functionOf(model: ProtoMessage): {
  readonly chosen: ProtoMessage;
  readonly name: string;
  readonly others: string[];
} {
  const functions = new Map(model.message(502)?.entries(2) ?? []);
  const stated = model.message(2)?.text(21) ?? '';
  const name = functions.has(stated) ? stated : functions.has('main') ? 'main' : ([...functions.keys()][0] ?? '');
  const chosen = functions.get(name);
  if (chosen === undefined)
    throw new ModelError('malformed', 'the program has no function', {
      format: FORMAT,
      at: { field: 'Program.functions' },
      hint: 'the file is damaged: export it again',
    });
  return { chosen, name, others: [...functions.keys()].filter((other) => other !== name) };
}

/** The inputs of the function that is run. */
export function programInputs(model: ProtoMessage) {
  return functionOf(model)
    .chosen.messages(1)
    .map((input) => ({ name: input.text(1), type: typeOf(input.message(2), input.text(1)) }));
}

/** Runs a program's function. Every result's type is in the file; what is computed is held against it. */
export function runProgram(
  model: ProtoMessage,
  given: Features,
  context: Context,
  asStated: boolean,
): Map<string, Value> {
  const { trace, modules, base } = context;
  const { chosen, name, others } = functionOf(model);
  if (others.length > 0)
    trace.note({
      code: 'other-programs',
      message: `the program also has the functions ${others.join(', ')}; ${name} is read`,
    });
  const blocks = new Map(chosen.entries(3));
  const block = blocks.get(chosen.text(2)) ?? [...blocks.values()][0];
  if (block === undefined)
    throw new ModelError('malformed', `the function ${name} has no block`, {
      format: FORMAT,
      at: { field: 'Function.block_specializations' },
      hint: 'the file is damaged: export it again',
    });
  const inputs = chosen.messages(1).map((input) => input.text(1));
  const graph = blockOf(block, inputs);
  const stored = new Constants(trace);
  const texts = (constant: string): readonly string[] => graph.info.constants.get(constant)?.literal.texts ?? [];
  const runner = new GraphRunner<MilNode, MilInfo>({
    trace,
    format: {
      id: FORMAT,
      source: sourceOf,
      stored: (key, info) => {
        const constant = info.constants.get(key);
        return constant === undefined ? undefined : stored.value(key, constant);
      },
      stated: (key, info) => {
        const type = asStated ? (info.types.get(key) ?? null) : null;
        return isWhole(type) ? type : null;
      },
      rule: (node) => ruleOf(node, texts, asStated),
    },
    places: modules.places((node) => [...context.scope, ...scopeOf(node.name)]),
    bindings: context.bindings,
  });
  const results = runner.top(
    graph,
    inputs.map((input) => given.get(input) ?? trace.opaque(input)),
    base,
  );
  for (const bound of runner.bound) context.bound.add(bound);
  return new Map((graph.outputs as readonly string[]).map((output, i) => [output, valueOr(trace, results[i], output)]));
}

function ruleOf(
  node: MilNode,
  texts: (name: string) => readonly string[],
  asStated: boolean,
): Rule<MilNode, MilInfo> | null {
  const own = control(node.opType);
  if (own !== undefined) return own;
  const rule = Object.hasOwn(OPERATORS, node.opType) ? OPERATORS[node.opType] : undefined;
  if (rule === undefined) return null;
  return (call: Call<MilNode, MilInfo>) => rule(new Operator(call, texts, asStated));
}

/** Constants of programs as values, each made once. */
class Constants {
  readonly #trace: Trace;
  readonly #values = new Map<Constant, Value>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  value(name: string, constant: Constant): Value {
    const known = this.#values.get(constant);
    if (known !== undefined) return known;
    const value = this.#make(name, constant);
    this.#values.set(constant, value);
    return value;
  }

  #make(name: string, { literal, stored, role }: Constant): Value {
    const { type, numbers } = literal;
    if (type === null) return this.#trace.opaque(name, 'weight');
    if (role === 'constant') return this.#trace.constant(name, { ...type, ...(numbers && { value: numbers }) });
    const own = stored ?? type;
    const weight: Weight = {
      name,
      aliases: [],
      kind: role,
      trainable: role === 'buffer' ? false : null,
      dtype: own.dtype,
      shape: own.shape,
    };
    return this.#trace.weight(weight, type);
  }
}
