import { exactdiv, isStatic, mul, sub, sum, toBigInt } from '../../dim/index.js';
import { type AnyLedger, costsOf, type Note, times, totalsOf } from '../../ledger/index.js';
import * as nn from '../../torch/nn/index.js';

/**
 * Where the reference puts every token through more experts than it is routed to (Llama 4: through all), and what a pass takes
 * without the others, as servers compute it.
 */
export function routedNote(module: nn.AnyModule, ledger: AnyLedger): Note[] {
  const found = module.modules().filter((m): m is nn.Experts => m instanceof nn.Experts);
  const idle = found.find((m) => m.computed > m.active_fraction[0]);
  if (idle === undefined) return [];
  const [used] = idle.active_fraction;
  const inExperts = sum(
    costsOf(ledger).operators.flatMap(({ entry, tally, copies }) =>
      entry.attrs['experts'] === undefined ? [] : [times(copies, tally.macs)],
    ),
  );
  const saved = exactdiv(mul(inExperts, idle.computed - used), idle.computed);
  const { macs } = totalsOf(ledger);
  const less = saved === undefined ? null : sub(macs, saved);
  const words =
    less === null
      ? ''
      : `: ${isStatic(less) ? toBigInt(less).toLocaleString('en-US') : String(less)} MACs in this pass`;
  return [
    {
      code: 'routed-experts',
      message: `the reference puts every token through ${idle.computed} experts of a layer, and that is counted; servers compute the ${used} that it is routed to${words}`,
    },
  ];
}
