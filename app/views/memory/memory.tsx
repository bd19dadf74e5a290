import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { aliveAt, timeline } from '../../state/memory.js';
import { model, valueAt } from '../../state/model.js';
import { select } from '../../state/view.js';
import { floorAxis } from '../../ui/floor-axis.js';
import { bytes } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { ByteTicks, Floor, MomentControls, pointing, ShareLine } from '../parts/moments.js';

/** The operator that is looked at; null is the one of the peak. */
const moment = signal<number | null>(null);
const withWeights = signal(false);

const LEFT = 70;
const BOTTOM = 20;
const TOP = 12;
/** Tensors that are listed; what is smaller than all of these is told in one line. */
const LISTED = 40;

/** How much memory inputs and activations take while the model runs, and which tensors that is. */
export function Memory() {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const sheet = model.value?.sheet;
  const line = timeline.value;
  const n = line.bytes.length;
  const bands = useMemo(() => (sheet === undefined ? [] : bandsOf(sheet.nodes)), [sheet]);
  if (sheet === undefined) return null;
  const weights = valueAt(sheet.totals.weightBytes);
  const base = withWeights.value ? weights : 0;
  const [w, h] = [Math.max(0, width - LEFT), Math.max(0, height - BOTTOM - TOP)];
  const x = (i: number): number => LEFT + (i / Math.max(1, n)) * w;
  const axis = floorAxis(base, line.peak, TOP, h);
  const { y } = axis;
  const at = Math.min(n - 1, moment.value ?? line.at);
  const alive = aliveAt(at);
  const op = sheet.ops[at];
  const now = line.bytes[at] ?? 0;
  return (
    <>
      <div class="canvas plot" ref={ref} {...pointing(moment, n, LEFT, w)}>
        {width > 0 && n > 0 && (
          <svg
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            data-drawing="memory"
            role="img"
            aria-label={`Live activations over ${n} operators; the peak is ${bytes(line.peak)}`}
          >
            {bands.map(({ name, from, to }, i) => (
              <g key={name} class={i % 2 === 0 ? 'band' : 'band odd'}>
                <rect x={x(from)} y={TOP} width={Math.max(0, x(to + 1) - x(from))} height={h} />
                {x(to + 1) - x(from) > name.length * 6.4 + 6 && (
                  <text x={x(from) + 3} y={height - 6}>
                    {name}
                  </text>
                )}
              </g>
            ))}
            <ByteTicks axis={axis} left={LEFT} right={width} />
            <Floor axis={axis} left={LEFT} right={width} floor={base} what="weights" />
            <path class="area" d={areaOf(line.bytes, base, x, y, w)} />
            <line class="cursor" x1={x(at + 0.5)} x2={x(at + 0.5)} y1={TOP} y2={TOP + h} />
            <circle class="peak" cx={x(line.at + 0.5)} cy={y(line.peak + base)} r={4} />
            <text
              class={`peak-label${x(line.at) > LEFT + w * 0.7 ? ' left' : ''}`}
              x={x(line.at + 0.5) + (x(line.at) > LEFT + w * 0.7 ? -9 : 9)}
              y={y(line.peak + base) + 4}
            >
              peak {bytes(line.peak + base)}
            </text>
          </svg>
        )}
      </div>
      <MomentControls
        label="operator"
        count={n}
        at={at}
        peak={line.at}
        words={op === undefined ? '' : `${at + 1} of ${n}, ${op.name ?? op.op}`}
        moment={moment}
        floor={withWeights}
        floorWords={`with ${bytes(weights)} of weights`}
      />
      {op !== undefined && (
        <section class="alive" aria-label="Tensors in memory">
          <h2>
            {at === line.at ? 'At the peak' : `At operator ${at + 1}`}: {bytes(now)} in {alive.length}{' '}
            {alive.length === 1 ? 'tensor' : 'tensors'}
          </h2>
          <p class="quiet">
            during{' '}
            <button type="button" class="plain" onClick={() => select(op.node, op.index)}>
              {sheet.nodes[op.node]?.path || op.name || op.op}
            </button>{' '}
            ({op.op})
          </p>
          <ol tabIndex={0}>
            {alive.slice(0, LISTED).map((tensor) => (
              <ShareLine
                key={`${tensor.name} ${tensor.made}`}
                name={<span class="alive-name">{tensor.name}</span>}
                about={`${tensor.shape} ${tensor.dtype}`}
                amount={bytes(tensor.bytes)}
                part={tensor.bytes}
                whole={now}
              />
            ))}
          </ol>
          {alive.length > LISTED && <p class="quiet">… and {alive.length - LISTED} smaller ones.</p>}
        </section>
      )}
    </>
  );
}

interface Band {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The stretches of the schedule that belong to the model's upper modules. */
function bandsOf(
  nodes: readonly {
    readonly level: number;
    readonly name: string;
    readonly kind: string;
    readonly ops: readonly number[];
  }[],
): Band[] {
  const bands: { name: string; from: number; to: number }[] = [];
  let now: (typeof bands)[number] | null = null;
  for (const node of nodes) {
    if (node.level === 1) {
      now = { name: node.name, from: Number.POSITIVE_INFINITY, to: -1 };
      if (node.kind === 'module') bands.push(now);
    }
    if (now === null) continue;
    for (const op of node.ops) {
      now.from = Math.min(now.from, op);
      now.to = Math.max(now.to, op);
    }
  }
  return bands.filter((band) => band.to >= band.from).sort((a, b) => a.from - b.from);
}

/** A step for each operator; where there are more of them than pixels, the highest of each pixel. */
function areaOf(
  values: Float64Array,
  base: number,
  x: (i: number) => number,
  y: (v: number) => number,
  width: number,
): string {
  const n = values.length;
  const each = Math.max(1, Math.floor(n / Math.max(1, width * 1.5)));
  const parts = [`M${x(0).toFixed(1)},${y(base).toFixed(1)}`];
  for (let i = 0; i < n; i += each) {
    let most = 0;
    for (let j = i; j < Math.min(n, i + each); j++) most = Math.max(most, values[j] as number);
    parts.push(`V${y(most + base).toFixed(1)}H${x(Math.min(n, i + each)).toFixed(1)}`);
  }
  parts.push(`V${y(base).toFixed(1)}Z`);
  return parts.join('');
}
