// The upper part of the page: totals, treemap, tools, sizes. In: counts at the present sizes. Out: markup, and the sentence that
// pictures and links carry. Add: a figure to figures.tsx, a remark to verdict-line.tsx.
import { useEffect } from 'preact/hooks';
import { bindings, model, rereadable, valueAt } from '../../state/model.js';
import { cardPaint } from '../../state/paint.js';
import { settled, settledMeasure } from '../../state/settled.js';
import { MANY_OPERATORS, refreshTools, toolPrints } from '../../state/tools.js';
import { atSizes } from '../../state/verdict.js';
import { focus, select, selected, zoomTo } from '../../state/view.js';
import { amount, count, knownAmount, percent, stated } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { brief } from '../../ui/text.js';
import { GapStrip } from '../maps/gap-strip.js';
import { Tiles } from '../maps/tiles.js';
import { useTreemap } from '../maps/use-treemap.js';
import { pick, tips } from '../parts/drawing.js';
import { Unbroken } from '../parts/unbroken.js';
import { Figures } from './figures.js';
import { ToolStrip } from './tool-strip.js';
import { VerdictLine } from './verdict-line.js';

/** Runs something once the page has nothing else to do; gives what calls it off. */
function whenIdle(run: () => void): () => void {
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(run, 30);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(run, { timeout: 500 });
  return () => cancelIdleCallback(handle);
}

/** The part that people share: a sentence with the numbers, the figures, where they go, and what each tool would print. */
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
        {sheet.graph && <ToolStrip />}
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
  const params = `${stated(valueAt(sheet.totals.params), 'count')} parameters`;
  const numbers = sheet.graph
    ? [
        `${knownAmount(valueAt(sheet.totals.macs), 'count', partial)} MACs`,
        `${knownAmount(valueAt(sheet.totals.flops), 'count', partial)} FLOPs`,
        params,
      ]
    : [params, `${stated(valueAt(sheet.totals.weightBytes), 'bytes')} of weights`];
  const { verdict, tool, macs } = settled.value;
  const { largest } = verdict;
  const rest = [
    ...(largest === null || largest.name === ''
      ? []
      : [`${brief(largest.name)} ${largest.plural ? 'are' : 'is'} ${percent(largest.share, 1)}`]),
    ...(tool === null || macs === 0
      ? []
      : [`${tool.id} ${tool.same ? 'prints the same MACs' : `would print ${count(tool.value)}`}`]),
  ].join('; ');
  return {
    head: `${brief(sheet.model.name)}${sizes === '' ? '' : ` at ${sizes}`}: ${numbers.join(', ')}`,
    rest,
  };
}

function Sentence() {
  const { head, rest } = sentence();
  return (
    <p class="sentence">
      <Unbroken text={head} />
      {rest === '' ? (
        '.'
      ) : (
        <span class="rest">
          ; <Unbroken text={rest} />.
        </span>
      )}
    </p>
  );
}

/** Repeats as one, classes named: a click selects, and shows the part in the views below. */
function CardMap() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const by = settledMeasure.value;
  const { tiles, gaps, strip } = useTreemap(sheet, by, 0, { width, height }, true);
  if (sheet === undefined || by === null) return null;
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
      {by.total === 0 && strip === 0 ? (
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
          {strip > 0 && (
            <GapStrip nodes={sheet.nodes} gaps={gaps} chosen={selected.value} width={width} bottom={height} />
          )}
        </svg>
      )}
    </div>
  );
}
