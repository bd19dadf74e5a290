import { parse } from 'yaml';
import type { Ledger, ModuleCall } from '../ledger/index.js';
import type { Other } from '../python/session.js';
import { ModelError } from '../source/index.js';
import { bytesOf } from '../tensor/index.js';

/**
 * Answers to what a Python program asks beyond operators: conventions, built-in models, YAML. Their code is loaded before
 * the program starts, since it waits for each answer.
 */
export async function pythonAnswers(): Promise<Other> {
  const [{ conventionOf, torchstatTable }, { statTable }, { BUILTIN, builtin }] = await Promise.all([
    import('../conventions/index.js'),
    import('../report/index.js'),
    import('../models/registry.js'),
  ]);
  const models = [...BUILTIN.values()].filter(
    (model) => /^[a-z]\w*$/.test(model.name) && !model.name.startsWith('yolo'),
  );
  const factories = new Map(await Promise.all(models.map(async (m) => [m.name, await m.load()] as const)));
  return (kind, args, session) => {
    switch (kind) {
      case 'yaml':
        return parse(String(args[0]));
      case 'has-builtin':
        return factories.has(String(args[0]));
      case 'builtin': {
        const name = String(args[0]);
        const build = factories.get(name);
        if (build === undefined) return builtin(name);
        return session.addBuiltin(build(args[1] as Readonly<Record<string, unknown>>));
      }
      case 'measure': {
        const ledger = session.ledgers[Number(args[0])] as Ledger;
        const result = conventionOf(String(args[1])).run(ledger, { customOps: counted(args[2]) });
        const text = (counts: Readonly<Record<string, unknown>>): Record<string, string> =>
          Object.fromEntries(Object.entries(counts).map(([k, v]) => [k, String(v)]));
        return {
          counts: text(result.counts),
          params: String(result.params),
          notes: result.notes.map((n) => n.message),
          layers: Object.fromEntries([...(result.layers ?? [])].map(([path, row]) => [path, text(row)])),
        };
      }
      case 'calls':
        return callsOf((session.ledgers[Number(args[0])] as Ledger).root);
      case 'stat':
        return statTable(torchstatTable(session.ledgers[Number(args[0])] as Ledger));
      default:
        throw new ModelError('unsupported', `${kind} is not to be had here`, { format: 'python' });
    }
  };
}

/** What hooks of the program counted, call by call in order: rules that give these counts out again. */
function counted(extra: unknown): Record<string, (unit: { path: string }) => number> {
  return Object.fromEntries(
    Object.entries(extra as Readonly<Record<string, readonly (readonly [string, number])[]>>).map(([type, calls]) => {
      const left = new Map<string, number[]>();
      for (const [path, count] of calls) left.set(path, [...(left.get(path) ?? []), count]);
      return [type, ({ path }) => left.get(path)?.shift() ?? 0];
    }),
  );
}

/** Every call below a call, in the order in which they were finished: as hooks see them. */
function callsOf(call: ModuleCall): { path: string; outputs: unknown[]; bytes: number[] }[] {
  const types = call.outputs.flatMap((type) => type ?? []);
  return [
    ...call.steps.flatMap((step) => (step.kind === 'call' ? callsOf(step.call) : [])),
    { path: call.path, outputs: types.map((t) => t.shape.map(Number)), bytes: types.map((t) => Number(bytesOf(t))) },
  ];
}
