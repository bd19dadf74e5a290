import { conventionOf, torchstatTable } from '../conventions/index.js';
import { statTable } from '../conventions/torchstat/printed-table.js';
import type { Ledger, ModuleCall } from '../ledger/index.js';
import { builtin } from '../models/by-name.js';
import { BUILTIN } from '../models/registry.js';
import { ModelError } from '../source/errors.js';
import { bytesOf } from '../tensor/index.js';
import type { AnyModule } from '../torch/nn/index.js';
import { readYaml } from '../wire/yaml.js';
import type { BuiltinFactory, BuiltinRecord } from './builtin.js';
import { dispatchedRows, tracedRows } from './operator-rows.js';
import type { Mark } from './recording.js';
import type { Answered, Requests } from './requests.js';
import type { Wire, WireObject } from './wire.js';

/** Data that answers look up: the facts of the runs, and the built-in models in use. */
export interface AnswerContext {
  /** Throws ModelError if there is no run of that number. */
  ledger(number: number): Ledger;
  /** Backward passes, and stretches of operators that tools see differently. */
  marks(number: number): readonly Mark[];
  addBuiltin(model: AnyModule): readonly BuiltinRecord[];
}

/** Answers to what a program asks beyond operators: conventions, built-in models, YAML. */
export type Answers = {
  readonly [K in Answered]: (request: Requests[K], facts: AnswerContext) => unknown;
};

/** Longer than any settings that a person writes. */
const MAX_YAML = 1 << 17;

/** Loads what the answers need: every convention, and the built-in models that a program may ask for by name. */
export async function loadAnswers(): Promise<Answers> {
  const models = [...BUILTIN.values()].filter(
    (model) => /^[a-z]\w*$/.test(model.name) && !model.name.startsWith('yolo'),
  );
  const factories: ReadonlyMap<string, BuiltinFactory> = new Map(
    await Promise.all(models.map(async (m) => [m.name, (await m.load()) as BuiltinFactory] as const)),
  );
  return {
    'has-builtin': ({ name }) => factories.has(name),
    builtin({ name, options }, facts) {
      const build = factories.get(name);
      if (build === undefined) return builtin(name);
      return facts.addBuiltin(build(options));
    },
    measure({ ledger, convention, custom }, facts) {
      const result = conventionOf(convention).run(facts.ledger(ledger), { customOps: countsOfHooks(custom) });
      return {
        counts: texts(result.counts),
        params: String(result.params),
        notes: result.notes.map((n) => n.message),
        layers: Object.fromEntries([...(result.layers ?? [])].map(([path, row]) => [path, texts(row)])),
      };
    },
    operators: ({ ledger, convention }, facts) => tracedRows(facts.ledger(ledger), convention),
    dispatched: ({ ledger }, facts) => dispatchedRows(facts.ledger(ledger), facts.marks(ledger)),
    calls: ({ ledger }, facts) => callsOf(facts.ledger(ledger).root),
    stat: ({ ledger }, facts) => statTable(torchstatTable(facts.ledger(ledger))),
    yaml: ({ text }) => parseYaml(text),
  };
}

/** Throws ModelError `malformed` with the parser's own words: Python raises them as `yaml.YAMLError`. */
function parseYaml(text: string): unknown {
  if (text.length > MAX_YAML)
    throw new ModelError('limit', `YAML of ${text.length} characters is more than ${MAX_YAML}`, {
      format: 'python',
      hint: 'give the model its settings in a smaller file',
    });
  try {
    // Of two equal keys the last counts, as in PyYAML; comparing each with all others would take quadratic time.
    const { doc, lines } = readYaml(text, { uniqueKeys: false });
    const [wrong] = doc.errors;
    if (wrong !== undefined) {
      const { line, col } = lines.linePos(wrong.pos[0]);
      throw new Error(`${wrong.message} at line ${line}, column ${col}`);
    }
    const value: unknown = doc.toJS();
    // As text it is what Python gets: a list may be in itself, which JSON has no words for.
    JSON.stringify(value);
    return value;
  } catch (error) {
    throw new ModelError('malformed', error instanceof Error ? error.message : String(error), {
      format: 'python',
      hint: 'check the YAML',
      cause: error,
    });
  }
}

function texts(counts: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(counts).map(([k, v]) => [k, String(v)]));
}

/** Rules that give out again, call by call in order, the counts of the program's own hooks. */
function countsOfHooks(custom: WireObject): Record<string, (unit: { path: string }) => number> {
  return Object.fromEntries(
    Object.entries(custom).map(([type, calls]) => {
      const left = new Map<string, number[]>();
      for (const call of Array.isArray(calls) ? (calls as readonly Wire[]) : []) {
        const [path, count] = Array.isArray(call) ? (call as readonly Wire[]) : [];
        if (typeof path === 'string' && typeof count === 'number') {
          const counts = left.get(path);
          if (counts === undefined) left.set(path, [count]);
          else counts.push(count);
        }
      }
      return [type, ({ path }) => left.get(path)?.shift() ?? 0];
    }),
  );
}

/** Every call below a call, in the order in which they were finished: as hooks see them. */
function callsOf(call: ModuleCall): { path: string; inputs: number[][]; outputs: number[][]; bytes: number[] }[] {
  const types = call.outputs.flatMap((type) => type ?? []);
  const inputs = call.inputs.flatMap((type) => (type === null ? [] : [type.shape.map(Number)]));
  return [
    ...call.steps.flatMap((step) => (step.kind === 'call' ? callsOf(step.call) : [])),
    {
      path: call.path,
      inputs,
      outputs: types.map((t) => t.shape.map(Number)),
      bytes: types.map((t) => Number(bytesOf(t))),
    },
  ];
}
