import { signal } from '@preact/signals';
import { alignModules } from 'opcount';
import { useMemo } from 'preact/hooks';
import type { NodeSheet, PageModel } from '../../sheet.js';
import { bothCounts, comparedBy, likened, type OneCount, treeOf } from '../../state/compare.js';
import { model, other } from '../../state/model.js';
import { convention } from '../../state/view.js';
import { openerFor } from '../open/opening.js';
import { Tickbox } from '../parts/tickbox.js';
import { Maps } from './compare-maps.js';
import { differenceOf, type OneSide, PairRow, Totals } from './compare-rows.js';

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
      left: sideOf(pair.a?.node, by?.left),
      right: sideOf(pair.b?.node, by?.right),
    }))
    .filter(({ left, right }) => !onlyChanged.value || left === null || right === null || left.value !== right.value);
  const most = Math.max(1, ...rows.map(({ left, right }) => Math.abs(differenceOf(left, right) ?? 0)));
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
            {rows.slice(0, MOST_ROWS).map((row) => (
              <PairRow
                key={`${row.level} ${row.a?.node.path ?? row.b?.node.path ?? ''} ${row.name}`}
                row={row}
                most={most}
              />
            ))}
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

/** What a module has of a count; null where it is not there. */
function sideOf(node: NodeSheet | undefined, count: OneCount | undefined): OneSide | null {
  if (node === undefined) return null;
  return { value: count?.nodes?.[node.id] ?? 0, partial: (count?.partial ?? false) && node.unknown > 0 };
}
