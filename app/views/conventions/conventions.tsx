import type { Printed, WhoPrints } from 'opcount';
import { useEffect, useState } from 'preact/hooks';
import { ask, WorkerFailure } from '../../state/client.js';
import { bindings, model, start } from '../../state/model.js';
import { convention } from '../../state/view.js';
import { count, formula } from '../../ui/numbers.js';
import type { Reconciled } from '../../worker/protocol.js';

type Amount = bigint | string;

/** Which published number is this: every tool's number, and the steps from exact MACs to it. */
export function Conventions() {
  const [number, setNumber] = useState('');
  const [answer, setAnswer] = useState<Reconciled | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const loaded = model.value;
  const bind = bindings.value;
  useEffect(() => {
    let live = true;
    const timer = setTimeout(async () => {
      try {
        const got = await ask({ kind: 'reconcile', slot: 'a', bind, number });
        if (live) [setAnswer(got), setWrong(null)];
      } catch (error) {
        if (live) setWrong(error instanceof WorkerFailure ? error.failure.message : String(error));
      }
    }, 140);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [loaded, bind, number]);
  const words = new Map((start.value?.conventions ?? []).map((c) => [c.id, c]));
  return (
    <div class="reconcile">
      <div class="asked">
        <label for="published">Which published number is this?</label>
        <input
          id="published"
          type="text"
          placeholder="4.1G, 8.2 GFLOPs, 25.6 M params"
          spellcheck={false}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
        <div role="status">
          {number.trim() === '' ? (
            <p class="quiet">
              Type it as it stands in the paper or in the tool’s output; the table says how every tool arrives at its
              own.
            </p>
          ) : answer?.wrong != null ? (
            <p>
              {answer.wrong.message}. <span class="quiet">{answer.wrong.hint}</span>
            </p>
          ) : (
            answer?.who != null && <Who who={answer.who} />
          )}
        </div>
      </div>
      {wrong !== null && <p class="refused">{wrong}</p>}
      {answer !== null && (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Every tool’s numbers">
          <table class="tools">
            <thead>
              <tr>
                <th scope="col">tool</th>
                <th scope="col" class="r">
                  prints
                </th>
                <th scope="col">the unit is</th>
                <th scope="col">from {show(answer.report.exact.macs)} exact MACs by</th>
                <th scope="col" class="r">
                  params
                </th>
                <th scope="col">
                  <span class="unseen">use</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.report.tools.map((tool) => {
                const rows = tool.counts.length === 0 ? [null] : tool.counts;
                return rows.map((own, i) => (
                  <tr key={`${tool.id} ${own?.name ?? ''}`} class={i === 0 ? 'first' : ''}>
                    {i === 0 && (
                      <th scope="row" rowSpan={rows.length}>
                        {tool.id} <small>{tool.version}</small>
                        <details>
                          <summary>rule</summary>
                          <p>{words.get(tool.id)?.words}</p>
                          <p class="quiet">{words.get(tool.id)?.source}</p>
                        </details>
                      </th>
                    )}
                    {own === null ? (
                      <td colSpan={3} class="fails quiet">
                        fails: {tool.fails}
                      </td>
                    ) : (
                      <>
                        <td class="prints r">
                          <b>{show(own.value)}</b> <small>{own.name}</small>
                          <div class="digits">{long(own.value)}</div>
                        </td>
                        <td class="unit">{own.unit === 'mac' ? 'MACs' : 'FLOPs'}</td>
                        <td class="by">
                          {own.terms.length === 0 ? (
                            <span class="quiet">nothing: it is exact</span>
                          ) : (
                            <ul class="terms">
                              {own.terms.map((term) => (
                                <li key={`${term.term} ${term.words}`}>
                                  <b>{signed(term.amount)}</b> {term.words} <span class="quiet">{onText(term.on)}</span>
                                </li>
                              ))}
                            </ul>
                          )}
                        </td>
                      </>
                    )}
                    {i === 0 && (
                      <>
                        <td class="params r" rowSpan={rows.length}>
                          {show(tool.params)}
                          {tool.paramsDifference !== 0n && <div class="digits">{signed(tool.paramsDifference)}</div>}
                        </td>
                        <td class="use" rowSpan={rows.length}>
                          <button
                            type="button"
                            class="plain"
                            aria-pressed={convention.value === tool.id}
                            onClick={() => {
                              convention.value = tool.id;
                            }}
                          >
                            {convention.value === tool.id ? 'shown' : 'show'}
                          </button>
                        </td>
                      </>
                    )}
                  </tr>
                ));
              })}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function show(n: Amount): string {
  return typeof n === 'string' ? formula(n) : count(Number(n));
}

function long(n: Amount): string {
  return typeof n === 'string' ? '' : n.toLocaleString('en-US');
}

function signed(n: Amount): string {
  if (typeof n === 'string') return formula(n);
  return n < 0n ? `− ${count(Number(-n))}` : `+ ${count(Number(n))}`;
}

function onText(on: Readonly<Record<string, number>>): string {
  const all = Object.entries(on);
  const some = all.slice(0, 4).map(([name, n]) => (n > 1 ? `${name} ×${n}` : name));
  return all.length === 0 ? '' : `(${some.join(', ')}${all.length > 4 ? ' …' : ''})`;
}

function Who({ who }: { readonly who: WhoPrints }) {
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

/** Who prints which number, each number once. */
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
