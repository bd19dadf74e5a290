import { render } from 'preact';
import type { PageModel } from '../../sheet.js';
import { intensities } from '../../state/intensities.js';
import { measure, measures } from '../../state/measure.js';
import { timeline } from '../../state/memory.js';
import { model } from '../../state/model.js';
import { type Paint, paintOf } from '../../state/paint.js';
import { type Picture, standalone } from '../../state/picture.js';
import type { Measure } from '../../state/tool-counts.js';
import { atSizes } from '../../state/verdict.js';
import { STEPS } from '../../ui/heat.js';
import { amount, knownAmount, stated } from '../../ui/numbers.js';
import { beginning } from '../../ui/text.js';
import { GapStrip, gapsBelow, stripOf } from '../maps/gap-strip.js';
import { Tiles } from '../maps/tiles.js';
import { treemap } from '../maps/treemap-layout.js';
import { sentence } from '../summary/card.js';

/** The size in which links are shown in feeds and chats. */
const [WIDTH, HEIGHT] = [1200, 630];
const EDGE = 48;
const INNER = WIDTH - 2 * EDGE;
const MAP = { y: 262, height: 290 };
/** Where the legend stands, and how wide a character of it is. */
const LEGEND = 614;
const CHARACTER = 8.4;

/** The card as a picture: name, size, totals, where they go, and a legend. */
export function shareCard(): Picture | null {
  const box = document.createElement('div');
  box.className = 'off-screen';
  document.body.append(box);
  try {
    render(<Drawn />, box);
    const drawing = box.querySelector('svg');
    if (drawing === null) return null;
    const copy = standalone(drawing as SVGSVGElement);
    return { text: new XMLSerializer().serializeToString(copy), width: WIDTH, height: HEIGHT };
  } finally {
    render(null, box);
    box.remove();
  }
}

function Drawn() {
  const sheet = model.value?.sheet;
  const by = measure.value;
  if (sheet === undefined || by === null) return null;
  const colours = paintOf(sheet, by, intensities.value);
  const { rest } = sentence();
  return (
    <svg
      class="share-card"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      data-drawing="share"
      aria-hidden="true"
    >
      <rect class="paper" width={WIDTH} height={HEIGHT} />
      <Title name={sheet.model.name} format={sheet.model.format} />
      <Signature />
      <Totals graph={sheet.graph} />
      <CardTreemap sheet={sheet} by={by} paint={colours.of} />
      <text class="soft" x={EDGE} y={586} style={{ fontSize: '17px' }}>
        {cut(`Area: ${by.label}${rest === '' ? '' : `; ${rest}`}`, INNER / CHARACTER)}
      </text>
      {colours.by === 'part' ? <Parts parts={colours.parts} /> : sheet.graph && <Ramp />}
    </svg>
  );
}

function Title({ name, format }: { readonly name: string; readonly format: string }) {
  const size = Math.max(22, Math.min(46, 1900 / Math.max(1, name.length)));
  const sizes = atSizes.value;
  return (
    <>
      <text class="name" x={EDGE} y={88} style={{ fontSize: `${size}px` }}>
        {cut(name, 60)}
      </text>
      <text class="soft" x={EDGE} y={124} style={{ fontSize: '22px' }}>
        {[...(sizes === '' ? [] : [`at ${sizes}`]), format].join(' · ')}
      </text>
    </>
  );
}

/** The mark and name of the tool, in the upper right corner. */
function Signature() {
  return (
    <g transform={`translate(${WIDTH - EDGE - 132}, 50)`}>
      <path class="m1" d="M0 0h14v24H0z" />
      <path class="m2" d="M16 0h7v14h-7z" />
      <path class="m3" d="M16 16h7v8h-7z" />
      <text class="name" x={32} y={21} style={{ fontSize: '24px' }}>
        opcount
      </text>
    </g>
  );
}

/** As many totals as a line has room for. */
const MOST_TOTALS = 5;

function Totals({ graph }: { readonly graph: boolean }) {
  const figures = [
    ...measures.value.map((m) => ({ label: m.label, text: knownAmount(m.total, m.unit, m.partial) })),
    ...(graph ? [{ label: 'Peak memory', text: stated(timeline.value.peak, 'bytes') }] : []),
  ].slice(0, MOST_TOTALS);
  const each = INNER / Math.max(1, figures.length);
  return figures.map(({ label, text }, i) => (
    <g key={label}>
      <text class="soft" x={EDGE + i * each} y={180} style={{ fontSize: '18px' }}>
        {label}
      </text>
      <text class="name" x={EDGE + i * each} y={222} style={{ fontSize: text.length > 12 ? '26px' : '36px' }}>
        {text}
      </text>
    </g>
  ));
}

interface MapProps {
  readonly sheet: PageModel;
  readonly by: Measure;
  readonly paint: (id: number) => string;
}

/** The treemap, with what is not counted as a strip below it. */
function CardTreemap({ sheet, by, paint }: MapProps) {
  const gaps = by.partial ? gapsBelow(sheet.nodes, 0) : [];
  const tiles = treemap(sheet.nodes, by.nodes, 0, INNER, MAP.height - stripOf(gaps), { fold: true });
  return (
    <g transform={`translate(${EDGE}, ${MAP.y})`}>
      <Tiles
        sheet={sheet}
        tiles={tiles}
        whole={by.total}
        chosen={null}
        paint={paint}
        text={(value) => amount(value, by.unit)}
      />
      {gaps.length > 0 && <GapStrip nodes={sheet.nodes} gaps={gaps} chosen={null} width={INNER} bottom={MAP.height} />}
    </g>
  );
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${beginning(text, Math.floor(most) - 1)}…`;
}

/** The legend of the colours: as many parts as a line has room for, the largest first. */
function Parts({ parts }: Pick<Paint, 'parts'>) {
  let x = EDGE;
  const shown = parts.flatMap(({ style, text }) => {
    const [at, label] = [x, cut(text, 30)];
    x += 24 + label.length * CHARACTER + 22;
    return x - 22 > WIDTH - EDGE ? [] : [{ style, label, at }];
  });
  return shown.map(({ style, label, at }) => (
    <g key={style} class={`tile ${style}`}>
      <rect x={at} y={LEGEND - 14} width={16} height={16} />
      <text class="soft" x={at + 23} y={LEGEND} style={{ fontSize: '17px' }}>
        {label}
      </text>
    </g>
  ));
}

function Ramp() {
  return (
    <>
      <text class="soft" x={EDGE} y={LEGEND} style={{ fontSize: '17px' }}>
        moves data
      </text>
      {Array.from({ length: STEPS }, (_, i) => (
        <g key={i} class={`tile heat${i}`}>
          <rect x={EDGE + 96 + i * 20} y={LEGEND - 14} width={20} height={16} />
        </g>
      ))}
      <text class="soft" x={EDGE + 96 + STEPS * 20 + 10} y={LEGEND} style={{ fontSize: '17px' }}>
        computes: FLOPs a byte, 0.1 to 300
      </text>
    </>
  );
}
