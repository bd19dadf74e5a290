import { signal } from '@preact/signals';
import { alignModules } from 'opcount';
import { useMemo } from 'preact/hooks';
import type { PageModel } from '../sheet.js';
import { type BothCounts, bothCounts, comparedBy, likened, treeOf } from '../state/compare.js';
import { model, other } from '../state/model.js';
import { convention, select } from '../state/view.js';
import { amount, bytes, className, count, digits } from '../ui/numbers.js';
import { Maps } from './compare-maps.js';
import { openerFor } from './opening.js';
import { Tickbox } from './tickbox.js';

const depth = signal(2);
const onlyChanged = signal(false);

/** Rows beyond this many are not drawn; a smaller depth shows the same in fewer. */
const MOST_ROWS = 1500;

/** Two models, modules of the same name side by side, what changed coloured. */
export function Compare() {
  const [a, b] = [model.value?.sheet, other.value?.sheet];
  const pairs = useMemo(
    () => (a === undefined || b === undefined ? [] : aligned(a, b, depth.value)),
    [a, b, depth.value],
  );
  if (a === undefined) return null;
  if (b === undefined)
    return (
      <div class="nothing compare-empty">
        <p>
          <b>{a.model.name}</b> stands on the left. Choose what to compare it with: modules of the same name are set
          side by side, and what changed is coloured.
        </p>
        <button
          type="button"
          class="main"
          onClick={() => {
            openerFor.value = 'b';
          }}
        >
          Choose the other model
        </button>
      </div>
    );
  const counts = bothCounts.value;
  const tool = convention.value === 'exact' ? '' : convention.value;
  const byNode = counts.filter(({ left, right }) => left.nodes !== null && right.nodes !== null);
  const by = byNode.find(({ id }) => id === comparedBy.value) ?? byNode[0];
  const rows = pairs
    .map((pair) => ({
      ...pair,
      left: pair.a === null ? null : (by?.left.nodes?.[pair.a.node.id] ?? 0),
      right: pair.b === null ? null : (by?.right.nodes?.[pair.b.node.id] ?? 0),
    }))
    .filter(
      (row) => !onlyChanged.value || (row.left ?? 0) !== (row.right ?? 0) || row.left === null || row.right === null,
    );
  const most = Math.max(1, ...rows.map((row) => Math.abs((row.right ?? 0) - (row.left ?? 0))));
  const deepest = Math.max(...a.nodes.map((n) => n.level), ...b.nodes.map((n) => n.level));
  return (
    <div class="compare">
      <Totals a={a} b={b} counts={counts} />
      {tool !== '' && (
        <p class="quiet">
          {counts.some(({ id }) => id.includes('.'))
            ? `MACs and FLOPs are what ${tool} prints; parameters and memory are opcount’s own.`
            : `${tool} does not print both models: these are opcount’s own numbers.`}
        </p>
      )}
      <Maps a={a} b={b} by={by} />
      <div class="ledger-tools">
        <div class="choice" role="radiogroup" aria-label="Compare by">
          {byNode.map(({ id, label }) => (
            <label key={id}>
              <input
                type="radio"
                name="compare-by"
                checked={by?.id === id}
                onChange={() => {
                  comparedBy.value = id;
                }}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
        <label>
          levels{' '}
          <input
            type="number"
            class="levels"
            min={1}
            max={deepest}
            value={depth.value}
            onInput={(event) => {
              depth.value = Math.max(1, Math.min(deepest, Number(event.currentTarget.value) || 1));
            }}
          />
        </label>
        <Tickbox
          on={onlyChanged.value}
          onTurn={(on) => {
            onlyChanged.value = on;
          }}
        >
          only what differs
        </Tickbox>
        <button
          type="button"
          class="plain end"
          onClick={() => {
            openerFor.value = 'b';
          }}
        >
          Another model
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => {
            other.value = null;
          }}
        >
          End the comparison
        </button>
      </div>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Modules side by side">
        <table class="pairs">
          <thead>
            <tr>
              <th scope="col">module</th>
              <th scope="col" colSpan={2} class="side">
                {a.model.name}
              </th>
              <th scope="col" colSpan={2} class="side">
                {b.model.name}
              </th>
              <th scope="col" class="r">
                Δ
              </th>
              <th scope="col">
                <span class="unseen">difference</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row) => {
              const delta = (row.right ?? 0) - (row.left ?? 0);
              const state =
                row.left === null
                  ? 'added'
                  : row.right === null
                    ? 'gone'
                    : delta > 0
                      ? 'more'
                      : delta < 0
                        ? 'less'
                        : 'same';
              const path = row.a?.node.path ?? row.b?.node.path ?? '';
              return (
                <tr key={`${row.level} ${path} ${row.name}`} class={state}>
                  <th scope="row" style={{ paddingLeft: `${(row.level - 1) * 16}px` }}>
                    {row.a === null ? (
                      (row.b?.node.name ?? row.name)
                    ) : (
                      <button type="button" class="bare" onClick={() => select(row.a?.node.id ?? null)}>
                        {row.name}
                      </button>
                    )}
                  </th>
                  <td class="quiet">{row.a === null ? '' : className(row.a.node.type)}</td>
                  <td class="r">{row.left === null ? <span class="quiet">not there</span> : count(row.left)}</td>
                  <td class="quiet">
                    {row.b === null ? '' : className(row.b.node.type)}
                    {row.a !== null && row.b !== null && row.b.node.name !== row.a.node.name && (
                      <small> {row.b.node.name}</small>
                    )}
                  </td>
                  <td class="r">{row.right === null ? <span class="quiet">not there</span> : count(row.right)}</td>
                  <td class="r delta">{delta === 0 ? '=' : `${delta > 0 ? '+' : '−'}${count(Math.abs(delta))}`}</td>
                  <td class="diverge" aria-hidden="true">
                    <i style={{ width: `${(50 * Math.abs(delta)) / most}%`, [delta < 0 ? 'right' : 'left']: '50%' }} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS && (
        <p class="quiet">
          The first {MOST_ROWS.toLocaleString('en-US')} of {rows.length.toLocaleString('en-US')} rows: fewer levels show
          the rest.
        </p>
      )}
    </div>
  );
}

/** Modules side by side: by name, and where no names agree by class and order. */
function aligned(a: PageModel, b: PageModel, depth: number) {
  const left = treeOf(a);
  return alignModules(left, likened(left, treeOf(b)), depth).slice(1);
}

interface TotalsProps {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly counts: readonly BothCounts[];
}

function Totals({ a, b, counts }: TotalsProps) {
  const rows = counts.map(({ id, label, unit, left, right }) => ({
    id,
    name: label,
    unit,
    left: left.total,
    right: right.total,
  }));
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Totals side by side">
      <table class="pairs totals" aria-label="Totals of both models">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">count</span>
            </th>
            <th scope="col" class="r">
              {a.model.name}
            </th>
            <th scope="col" class="r">
              {b.model.name}
            </th>
            <th scope="col" class="r">
              Δ
            </th>
            <th scope="col" class="r">
              ratio
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, name, left, right, unit }) => {
            const delta = right - left;
            return (
              <tr key={id} class={delta > 0 ? 'more' : delta < 0 ? 'less' : 'same'}>
                <th scope="row">{name}</th>
                <td class="r">
                  <b>{amount(left, unit)}</b>
                </td>
                <td class="r">
                  <b>{amount(right, unit)}</b>
                </td>
                <td class="r delta" title={digits(delta)}>
                  {delta === 0
                    ? '='
                    : `${delta > 0 ? '+' : '−'}${unit === 'bytes' ? bytes(Math.abs(delta)) : count(Math.abs(delta))}`}
                </td>
                <td class="r">{left === 0 ? '–' : `${(right / left).toFixed(3)} ×`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
