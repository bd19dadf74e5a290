import { useEffect, useMemo } from 'preact/hooks';
import { needDevices, roof } from '../state/devices.js';
import { bindings, example, model, rereadable, valueAt } from '../state/model.js';
import { cardPaint } from '../state/paint.js';
import { settled } from '../state/settled.js';
import { MANY_OPERATORS, refreshTools, toolPrints } from '../state/tools.js';
import { atSizes } from '../state/verdict.js';
import { convention, focus, select, selected, view, zoomTo } from '../state/view.js';
import { amount, count, knownAmount, percent } from '../ui/numbers.js';
import { useSize } from '../ui/size.js';
import { pick, tips } from './drawing.js';
import { Figures } from './figures.js';
import { Tiles } from './tiles.js';
import { treemap } from './treemap-layout.js';

/** Runs something once the page has nothing else to do; gives what calls it off. */
function whenIdle(run: () => void): () => void {
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(run, 30);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(run, { timeout: 500 });
  return () => cancelIdleCallback(handle);
}

/** What people share: a sentence with the numbers, the figures, where they go, and what each tool would print. */
export function Card() {
  const sheet = model.value?.sheet;
  const loaded = model.value;
  useEffect(() => {
    if (loaded === null || !rereadable.value || !loaded.sheet.graph || loaded.sheet.ops.length > MANY_OPERATORS) return;
    if (toolPrints.peek()?.of === loaded) return;
    return whenIdle(() => void refreshTools());
  }, [loaded]);
  const atSize = toolPrints.value?.prints.tools.some((tool) => tool.atSizes) ?? false;
  const sizes = atSize ? bindings.value : null;
  useEffect(() => {
    if (sizes === null || sizes === toolPrints.peek()?.at || !rereadable.value) return;
    const timer = setTimeout(refreshTools, 160);
    return () => clearTimeout(timer);
  }, [sizes]);
  if (sheet === undefined) return null;
  return (
    <section class="card" aria-label="At a glance">
      <Sentence />
      <Figures />
      <div class={`card-body${sheet.graph ? '' : ' alone'}`}>
        <CardMap />
        {sheet.graph && <Strip />}
      </div>
      <VerdictLine />
    </section>
  );
}

/** The text of the sentence, for the page and for whatever is saved of it. */
export function sentence(): { readonly head: string; readonly rest: string } {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return { head: '', rest: '' };
  const partial = sheet.coverage.unknown.length > 0;
  const sizes = atSizes.value;
  const params = `${count(valueAt(sheet.totals.params))} parameters`;
  const numbers = sheet.graph
    ? [
        `${knownAmount(valueAt(sheet.totals.macs), 'count', partial)} MACs`,
        `${knownAmount(valueAt(sheet.totals.flops), 'count', partial)} FLOPs`,
        params,
      ]
    : [params, `${amount(valueAt(sheet.totals.weightBytes), 'bytes')} of weights`];
  const { verdict, tool } = settled.value;
  const { largest } = verdict;
  const rest = [
    ...(largest === null || largest.name === ''
      ? []
      : [`${largest.name} ${largest.plural ? 'are' : 'is'} ${percent(largest.share, 1)}`]),
    ...(tool === null ? [] : [`${tool.id} ${tool.same ? 'prints the same MACs' : `would print ${count(tool.value)}`}`]),
  ].join('; ');
  return {
    head: `${sheet.model.name}${sizes === '' ? '' : ` at ${sizes}`}: ${numbers.join(', ')}`,
    rest,
  };
}

function Sentence() {
  const { head, rest } = sentence();
  return (
    <p class="sentence">
      {head}
      {rest === '' ? '.' : <span>; {rest}.</span>}
    </p>
  );
}

/** Repeats as one, classes named: a click selects, and shows the part in the views below. */
function CardMap() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const { measure: by } = settled.value;
  const tiles = useMemo(
    () => (sheet === undefined || by === null ? [] : treemap(sheet.nodes, by.nodes, 0, width, height, { fold: true })),
    [sheet, by, width, height],
  );
  // The one is of another model until both have followed.
  if (sheet === undefined || by === null || by.nodes.length !== sheet.nodes.length) return null;
  return (
    <div
      class="card-map"
      ref={ref}
      onClick={(event) => {
        const hit = pick(event);
        if (hit !== null) select(hit);
      }}
      onDblClick={(event) => {
        const hit = pick(event);
        if (hit !== null) zoomTo(hit);
      }}
      {...tips}
    >
      {by.total === 0 ? (
        <p class="nothing">Nothing here has {by.label}.</p>
      ) : (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} data-drawing="card" aria-hidden="true">
          <Tiles
            sheet={sheet}
            tiles={tiles}
            whole={by.total}
            chosen={focus.value === 0 ? selected.value : null}
            paint={cardPaint.value.of}
            text={(value) => amount(value, by.unit)}
          />
        </svg>
      )}
    </div>
  );
}

/** What each tool prints of this model at these sizes; a tool is chosen by a click. */
function Strip() {
  const ops = model.value?.sheet.ops.length ?? 0;
  const { printed: tools, macs: exact } = settled.value;
  if (tools.length === 0)
    return (
      <div class="strip">
        <h2>What each tool prints</h2>
        {ops > MANY_OPERATORS && toolPrints.value === null ? (
          <p>
            <button type="button" onClick={refreshTools}>
              Work it out
            </button>{' '}
            <span class="quiet">{ops.toLocaleString('en-US')} operators, some seconds</span>
          </p>
        ) : (
          <p class="quiet">Working it out …</p>
        )}
      </div>
    );
  return (
    <div class="strip">
      <h2>What each tool prints</h2>
      <ul>
        {tools.map((tool) => {
          const [first, ...more] = tool.printed;
          const same = tool.printed.some(({ unit, value }) => unit === 'mac' && value === exact);
          return (
            <li key={tool.id} class={convention.value === tool.id ? 'on' : ''}>
              <button
                type="button"
                class="bare"
                aria-pressed={convention.value === tool.id}
                disabled={first === undefined || !rereadable.value}
                title={tool.fails ?? `${tool.title} ${tool.version}`}
                onClick={() => {
                  convention.value = convention.value === tool.id ? 'exact' : tool.id;
                }}
              >
                {tool.id}
              </button>
              {first === undefined ? (
                <span class="quiet">fails on this model</span>
              ) : (
                <span>
                  <b>{count(first.value)}</b> <small>{unitOf(first.unit, first.name)}</small>
                  {more
                    .filter(({ unit }) => unit === 'mac' || unit === 'flop')
                    .slice(0, 1)
                    .map((m) => (
                      <span key={m.name} class="also">
                        <b>{count(m.value)}</b> <small>{unitOf(m.unit, m.name)}</small>
                      </span>
                    ))}
                  {same && <i title="the same number of MACs as opcount">=</i>}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <p hidden={!rereadable.value}>
        <button
          type="button"
          class="plain"
          onClick={() => {
            example.value = false;
            view.value = 'conventions';
          }}
        >
          Why they differ
        </button>
      </p>
    </div>
  );
}

function unitOf(unit: string, name: string): string {
  return unit === 'mac' ? 'MACs' : unit === 'flop' ? 'FLOPs' : name;
}

/** Hottest layers, operator types, what repeats, and what waits for memory. */
function VerdictLine() {
  const sheet = model.value?.sheet;
  const graph = sheet?.graph ?? false;
  useEffect(() => {
    if (!graph) return;
    const timer = setTimeout(() => void needDevices(), 400);
    return () => clearTimeout(timer);
  }, [graph]);
  if (sheet === undefined) return null;
  const { verdict, bound } = settled.value;
  const { hottest, types, repeats } = verdict;
  const now = roof.value;
  const share = (n: number): string => percent(n, 1);
  const { coverage } = sheet;
  const unknown = coverage.unknown.reduce((n, gap) => n + gap.nodes, 0);
  return (
    <dl class="verdict" aria-label="In short">
      {hottest.length > 0 && (
        <div>
          <dt>Most in one layer</dt>
          <dd>
            {hottest.map(({ id, name, share: own }, i) => (
              <span key={id}>
                {i > 0 && ', '}
                <button type="button" class="bare" onClick={() => select(id)}>
                  {name}
                </button>{' '}
                {share(own)}
              </span>
            ))}
          </dd>
        </div>
      )}
      {types.length > 0 && (
        <div>
          <dt>By type</dt>
          <dd>{types.map(({ type, share: own }) => `${type} ${share(own)}`).join(', ')}</dd>
        </div>
      )}
      {repeats.length > 0 && (
        <div>
          <dt>What repeats</dt>
          <dd>{repeats.map(({ type, copies, share: own }) => `${copies} × ${type}, ${share(own)}`).join('; ')}</dd>
        </div>
      )}
      {graph && now !== null && bound.time > 0 && (
        <div>
          <dt>Bound by memory</dt>
          <dd>
            {bound.memoryTime === 0 ? '0 %' : percent(bound.memoryTime, bound.time)} of the time on {now.device.name},{' '}
            {now.peak.id}{' '}
            <button
              type="button"
              class="plain"
              onClick={() => {
                example.value = false;
                view.value = 'roofline';
              }}
            >
              another device
            </button>
          </dd>
        </div>
      )}
      {graph && (
        <div class={`figure coverage${unknown > 0 ? ' bad' : ''}`}>
          <dt class="label">Counted</dt>
          <dd>
            <strong>
              {unknown === 0 ? 'all' : `${(coverage.nodes - unknown).toLocaleString('en-US')} of`}{' '}
              {coverage.nodes.toLocaleString('en-US')}
            </strong>{' '}
            <span class="digits">operators</span>
          </dd>
        </div>
      )}
    </dl>
  );
}
