import type { Printed, WhoPrints } from 'opcount';
import { count } from '../../ui/numbers.js';

/** The tools that print a number, by how it comes to be the one that was asked for. */
export function Who({ who }: { readonly who: WhoPrints }) {
  const lines: [string, readonly Printed[]][] = [
    ['to the last digit', who.exact],
    ['rounded', who.rounded],
    ['cut off', who.cut],
    ['doubled: each multiply-accumulate taken as two', who.doubled],
    ['halved: two operations taken as one', who.halved],
  ];
  const found = lines.filter(([, some]) => some.length > 0);
  return (
    <>
      {found.map(([how, some]) => (
        <div key={how} class="who">
          <p>Printed {how}:</p>
          <ul>
            {byValue(some).map(({ value, names, units }) => (
              <li key={value}>
                <b>{value}</b> {units} <span class="quiet">by</span> {names}
              </li>
            ))}
          </ul>
        </div>
      ))}
      {found.length === 0 && (
        <p>
          No tool prints it for this model at this size. Nearest:{' '}
          {who.nearest.map((p) => `${p.id} ${p.name} ${count(Number(p.value))} (${p.ratio.toFixed(2)} ×)`).join(', ')}
        </p>
      )}
    </>
  );
}

/** The tools by the number that they print, each number once. */
function byValue(
  some: readonly Printed[],
): { readonly value: string; readonly names: string; readonly units: string }[] {
  const found = new Map<string, Printed[]>();
  for (const one of some) {
    const value = one.value.toLocaleString('en-US');
    found.set(value, [...(found.get(value) ?? []), one]);
  }
  const words = { mac: 'MACs', flop: 'FLOPs', parameter: 'parameters' };
  return [...found].map(([value, all]) => ({
    value,
    names: all.map(({ id, name }) => `${id} ${name}`).join(', '),
    units: [...new Set(all.map(({ unit }) => words[unit]))].join(', '),
  }));
}
