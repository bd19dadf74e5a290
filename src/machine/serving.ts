import { add, type Dim, product, sub, sum, sym } from '../dim/index.js';
import { type Description, type Ledger, totalsOf } from '../ledger/index.js';
import { traceConfig } from '../models/language/trace.js';
import { bytesOf } from '../tensor/index.js';

/** One kind of pass and what it costs. */
export interface Phase {
  readonly name: 'prefill' | 'decode';
  /** New tokens, and those that went before. */
  readonly sequence: Dim;
  readonly past: Dim;
  readonly macs: Dim;
  readonly flops: Dim;
  /** Weights that are used, and the cache, once each. */
  readonly readBytes: Dim;
}

/** What a language model takes to serve. */
export interface Serving {
  /** Elements and bytes that the pass leaves for the next one. */
  readonly cacheElements: Dim;
  readonly cacheBytes: Dim;
  readonly weightBytes: Dim;
  readonly activeParams: Dim;
  /** Without tables that are looked up and not multiplied with. */
  readonly activeParamsWithoutEmbeddings: Dim;
  readonly phases: readonly Phase[];
}

/**
 * What a language model costs to serve: prefill of the context, and one step after it. The context is that of the pass where its sizes
 * are bound (`sequence` new tokens where nothing went before, else `past`), and a free dimension otherwise. Null for a model
 * that keeps nothing from one pass to the next.
 */
export function servingOf(ledger: Ledger, bind: ReadonlyMap<string, Dim> = new Map()): Serving | null {
  const description = ledger.description;
  if (description === undefined || description.kept === null) return null;
  const past = bind.get('past') ?? sym('past', { min: 0 });
  const sequence = bind.get('sequence') ?? sym('sequence');
  const context = past === 0 ? sequence : bind.has('past') ? add(past, sequence === 1 ? 0 : sequence) : sequence;
  const batch = bind.get('batch') ?? sym('batch');
  const at = (s: Dim, p: Dim): Map<string, Dim> =>
    new Map([
      ['batch', batch],
      ['sequence', s],
      ['past', p],
    ]);
  return {
    cacheElements: sum(description.kept.map((k) => product(k.shape))),
    cacheBytes: sum(description.kept.map((k) => bytesOf(k))),
    weightBytes: totalsOf(ledger).weightBytes,
    activeParams: description.activeParams,
    activeParamsWithoutEmbeddings: sub(description.activeParams, description.lookedUpParams),
    phases: [phaseOf('prefill', description, at(context, 0)), phaseOf('decode', description, at(1, context))],
  };
}

function phaseOf(name: Phase['name'], description: Description, bind: ReadonlyMap<string, Dim>): Phase {
  const ledger = traceConfig(description.config, { bind, logits: description.logits });
  const totals = totalsOf(ledger);
  return {
    name,
    sequence: bind.get('sequence') as Dim,
    past: bind.get('past') as Dim,
    macs: totals.macs,
    flops: totals.flops,
    readBytes: storedBytesRead(ledger),
  };
}

/** Bytes of weights and cache that a pass reads: what an operator reads of a weight, and the cache of the passes before. */
function storedBytesRead(ledger: Ledger): Dim {
  const seen = new Set<number>();
  const parts: Dim[] = [];
  for (const entry of ledger.entries) {
    for (const value of entry.inputs) {
      if (value === null || value.type === null || seen.has(value.id)) continue;
      if (value.storage.role === 'activation') continue;
      seen.add(value.id);
      const whole = bytesOf(value.type);
      // A look-up and routed experts read a part of their table.
      const activations = sum(
        entry.inputs.map((v) => (v !== null && v !== value && v.type !== null ? bytesOf(v.type) : 0)),
      );
      parts.push(
        entry.op === 'embedding' || entry.attrs['experts'] !== undefined ? sub(entry.readBytes, activations) : whole,
      );
    }
  }
  return sum(parts);
}
