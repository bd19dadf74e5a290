import { signal } from '@preact/signals';
import { alignModules } from 'opcount';
import { useMemo } from 'preact/hooks';
import type { NodeSheet, PageModel } from '../sheet.js';
import { model, other, otherValues, values } from '../state/model.js';
import { select } from '../state/view.js';
import { amount, bytes, className, count, digits } from '../ui/numbers.js';
import { openerFor } from './opener.js';

type Count = 'macs' | 'flops' | 'params';
const by = signal<Count>('macs');
const depth = signal(2);
const onlyChanged = signal(false);

/** A node as the alignment wants it: with its children themselves. */
interface Tree {
  readonly name: string;
  readonly node: NodeSheet;
  readonly children: readonly Tree[];
}

function treeOf(sheet: PageModel, id = 0): Tree {
  const node = sheet.nodes[id] as NodeSheet;
  return { name: node.name, node, children: node.children.map((child) => treeOf(sheet, child)) };
}

/** Rows beyond this many are not drawn; a smaller depth shows the same in fewer. */
const MOST_ROWS = 1500;

/** Two models, modules of the same name side by side, what changed coloured. */
export function Compare() {
  const [a, b] = [model.value?.sheet, other.value?.sheet];
  const pairs = useMemo(
    () => (a === undefined || b === undefined ? [] : alignModules(treeOf(a), treeOf(b), depth.value).slice(1)),
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
  const [x, y] = [values.value, otherValues.value];
  const graphs = a.graph && b.graph;
  const key: Count = graphs ? by.value : 'params';
  const rows = pairs
    .map((pair) => ({
      ...pair,
      left: pair.a === null ? null : (x[pair.a.node[key]] ?? 0),
      right: pair.b === null ? null : (y[pair.b.node[key]] ?? 0),
    }))
    .filter(
      (row) => !onlyChanged.value || (row.left ?? 0) !== (row.right ?? 0) || row.left === null || row.right === null,
    );
  const most = Math.max(1, ...rows.map((row) => Math.abs((row.right ?? 0) - (row.left ?? 0))));
  const deepest = Math.max(...a.nodes.map((n) => n.level), ...b.nodes.map((n) => n.level));
  return (
    <div class="compare">
      <Totals a={a} b={b} x={x} y={y} />
      <div class="ledger-tools">
        {graphs && (
          <div class="choice" role="radiogroup" aria-label="Compare by">
            {(['macs', 'flops', 'params'] as const).map((c) => (
              <label key={c}>
                <input
                  type="radio"
                  name="compare-by"
                  checked={by.value === c}
                  onChange={() => {
                    by.value = c;
                  }}
                />
                <span>{{ macs: 'MACs', flops: 'FLOPs', params: 'params' }[c]}</span>
              </label>
            ))}
          </div>
        )}
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
        <label class="tickbox">
          <input
            type="checkbox"
            checked={onlyChanged.value}
            onChange={(event) => {
              onlyChanged.value = event.currentTarget.checked;
            }}
          />{' '}
          only what differs
        </label>
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
                      row.name
                    ) : (
                      <button type="button" class="bare" onClick={() => select(row.a?.node.id ?? null)}>
                        {row.name}
                      </button>
                    )}
                  </th>
                  <td class="quiet">{row.a === null ? '' : className(row.a.node.type)}</td>
                  <td class="r">{row.left === null ? <span class="quiet">not there</span> : count(row.left)}</td>
                  <td class="quiet">{row.b === null ? '' : className(row.b.node.type)}</td>
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

interface Sides {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

function Totals({ a, b, x, y }: Sides) {
  const rows = [
    ...(a.graph && b.graph
      ? [
          { name: 'MACs', left: x[a.totals.macs] ?? 0, right: y[b.totals.macs] ?? 0, unit: 'count' as const },
          { name: 'FLOPs', left: x[a.totals.flops] ?? 0, right: y[b.totals.flops] ?? 0, unit: 'count' as const },
        ]
      : []),
    { name: 'Params', left: x[a.totals.params] ?? 0, right: y[b.totals.params] ?? 0, unit: 'count' as const },
    {
      name: 'Weights',
      left: x[a.totals.weightBytes] ?? 0,
      right: y[b.totals.weightBytes] ?? 0,
      unit: 'bytes' as const,
    },
    ...(a.graph && b.graph
      ? [
          {
            name: 'Activations',
            left: x[a.totals.activationBytes] ?? 0,
            right: y[b.totals.activationBytes] ?? 0,
            unit: 'bytes' as const,
          },
        ]
      : []),
  ];
  return (
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
        {rows.map(({ name, left, right, unit }) => {
          const delta = right - left;
          return (
            <tr key={name} class={delta > 0 ? 'more' : delta < 0 ? 'less' : 'same'}>
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
  );
}
