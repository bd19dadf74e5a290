import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { aliveIn, columnsOf, curveOf, type StepCurve } from '../../state/training.js';
import { type FloorAxis, floorAxis } from '../../ui/floor-axis.js';
import { bytes } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import type { Moments } from '../../worker/protocol.js';
import { MarkedPoint } from '../parts/axes.js';
import { ByteTicks, Floor, MomentControls, pointing, ShareLine } from '../parts/moments.js';

/** The moment that is looked at; null is the peak. */
const moment = signal<number | null>(null);
const withFloor = signal(true);

const LEFT = 78;
const RIGHT = 10;
const TOP = 22;
const BOTTOM = 22;
const LISTED = 30;
/** The parts that stay through the step. */
const FLOOR = 'weights, gradients and optimizer';

const BANDS = [
  ['saved', 'saved for the backward pass'],
  ['live', 'in use, not saved'],
  ['gradient', 'gradients of activations'],
] as const;
const ROLES: Readonly<Record<string, string>> = { saved: 'saved', live: 'in use', gradient: 'gradient' };

/** Memory over a training step: forward, then backward, on the floor of what is there all the time. */
export function TrainingTimeline({ timeline, floor }: { readonly timeline: Moments; readonly floor: number }) {
  const curve = useMemo(() => curveOf(timeline), [timeline]);
  const n = timeline.moments.length;
  if (n === 0) return null;
  const at = Math.min(n - 1, moment.value ?? curve.at);
  const now = timeline.moments[at];
  const words = `${at + 1} of ${n}, ${now?.phase}, ${nameOf(now)}: ${bytes((curve.all[at] ?? 0) + floor)}`;
  return (
    <section class="timeline" aria-label="Memory over the step">
      <h2>Memory over the step</h2>
      <p class="quiet">{summary(timeline, curve, floor)}</p>
      <Drawing timeline={timeline} curve={curve} floor={floor} at={at} />
      <p class="bands" aria-hidden="true">
        {withFloor.value && floor > 0 && (
          <span>
            <i class="floor" /> {FLOOR}
          </span>
        )}
        {BANDS.map(([role, text]) => (
          <span key={role}>
            <i class={role} /> {text}
          </span>
        ))}
      </p>
      <MomentControls
        label="moment"
        count={n}
        at={at}
        peak={curve.at}
        words={words}
        moment={moment}
        floor={withFloor}
        floorWords={`with ${bytes(floor)} of ${FLOOR}`}
      />
      <Alive timeline={timeline} curve={curve} at={at} />
    </section>
  );
}

interface DrawingProps {
  readonly timeline: Moments;
  readonly curve: StepCurve;
  readonly floor: number;
  readonly at: number;
}

function Drawing({ timeline, curve, floor, at }: DrawingProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const n = timeline.moments.length;
  const base = withFloor.value ? floor : 0;
  const [w, h] = [Math.max(0, width - LEFT - RIGHT), Math.max(0, height - TOP - BOTTOM)];
  const x = (i: number): number => LEFT + (i / n) * w;
  const axis = useMemo(() => floorAxis(base, curve.peak, TOP, h), [base, curve, h]);
  const { y } = axis;
  const areas = useMemo(() => areasOf(curve, base, axis, w), [curve, base, axis, w]);
  const peakX = x(curve.at + 0.5);
  return (
    <div class="canvas plot" ref={ref} {...pointing(moment, n, LEFT, w)}>
      {w > 0 && h > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          data-drawing="training"
          role="img"
          aria-label={summary(timeline, curve, floor)}
        >
          <ByteTicks axis={axis} left={LEFT} right={width - RIGHT} />
          <Floor axis={axis} left={LEFT} right={width - RIGHT} floor={base} what={FLOOR} />
          {BANDS.map(([role]) => (
            <path key={role} class={`span-${role}`} d={areas[role]} />
          ))}
          <line class="ridge" x1={x(curve.turn)} x2={x(curve.turn)} y1={TOP} y2={TOP + h} />
          <text class="axis start" x={LEFT + 3} y={height - 6}>
            forward
          </text>
          <text class="axis start" x={x(curve.turn) + 5} y={height - 6}>
            backward
          </text>
          <line class="cursor" x1={x(at + 0.5)} x2={x(at + 0.5)} y1={TOP} y2={TOP + h} />
          <MarkedPoint
            x={peakX}
            y={y(curve.peak + base)}
            text={`peak ${bytes(curve.peak + base)}`}
            toLeft={peakX > LEFT + w * 0.6}
            textY={y(curve.peak + base) - 5}
          />
        </svg>
      )}
    </div>
  );
}

function Alive({ timeline, curve, at }: Omit<DrawingProps, 'floor'>) {
  const alive = aliveIn(timeline, at);
  const now = timeline.moments[at];
  const all = curve.all[at] ?? 0;
  return (
    <section class="alive" aria-label="Tensors in memory at the moment">
      <h3>
        {at === curve.at ? 'At the peak' : `At moment ${at + 1} of ${timeline.moments.length}`}, {now?.phase} of{' '}
        {nameOf(now)}: {bytes(all)} in {alive.length.toLocaleString('en-US')}{' '}
        {alive.length === 1 ? 'tensor' : 'tensors'}
      </h3>
      <ol tabIndex={0}>
        {alive.slice(0, LISTED).map((span, i) => (
          <ShareLine
            key={`${i} ${span.name}`}
            name={<span class="alive-name">{span.name}</span>}
            about={span.what === null ? `${ROLES[span.role]}` : `${ROLES[span.role]}, ${span.what}`}
            amount={bytes(span.bytes)}
            part={span.bytes}
            whole={all}
          />
        ))}
      </ol>
      {alive.length > LISTED && (
        <p class="quiet">… and {(alive.length - LISTED).toLocaleString('en-US')} smaller ones.</p>
      )}
    </section>
  );
}

function nameOf(now: Moments['moments'][number] | undefined): string {
  if (now === undefined) return '';
  return now.path === '' ? now.op : `${now.path} (${now.op})`;
}

/** The curve in words: what the drawing shows, for those who do not see it. */
function summary({ moments }: Moments, { saved, peak, at, turn }: StepCurve, floor: number): string {
  const now = moments[at];
  return (
    `What is saved grows to ${bytes(saved[turn - 1] ?? 0)} in the forward pass, and is freed in the backward pass. ` +
    `The peak is ${bytes(peak + floor)}, in the ${now?.phase} pass at ${nameOf(now)}: ` +
    `${bytes(peak)} of activations and their gradients on ${bytes(floor)} that stay through the step.`
  );
}

/** The three bands, one on the other, as steps: each column is the highest of its moments. */
function areasOf(curve: StepCurve, base: number, axis: FloorAxis, w: number) {
  const n = curve.all.length;
  const y = (v: number): string => axis.y(v).toFixed(1);
  const columns = columnsOf(curve.all, w);
  const edge = (i: number): string => (LEFT + ((columns[i]?.from ?? n) / n) * w).toFixed(1);
  const below = new Float64Array(columns.length).fill(base);
  const area = (part: Float64Array): string => {
    let upper = '';
    let lower = '';
    for (const [i, { at }] of columns.entries()) {
      const foot = below[i] as number;
      const head = foot + (part[at] as number);
      upper += `${i === 0 ? 'M' : 'L'}${edge(i)},${y(head)}H${edge(i + 1)}`;
      lower = `L${edge(i + 1)},${y(foot)}H${edge(i)}${lower}`;
      below[i] = head;
    }
    return `${upper}${lower}Z`;
  };
  const [saved, live, gradient] = [curve.saved, curve.live, curve.gradient].map(area);
  return { saved: saved ?? '', live: live ?? '', gradient: gradient ?? '' };
}
