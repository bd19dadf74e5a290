import { scaleLog } from 'd3-scale';
import { peaksOf } from 'opcount';
import { useEffect, useMemo } from 'preact/hooks';
import { needDevices, type Roof, roof } from '../../state/devices.js';
import { model } from '../../state/model.js';
import { bound, type Point } from '../../state/roofline.js';
import { nodeTitle } from '../../state/verdict.js';
import { select, selected } from '../../state/view.js';
import { flopsASecond, percent, ratio } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { hovered, tipOf } from '../parts/drawing.js';
import { ShareLine } from '../parts/moments.js';
import { DeviceChoice } from './device-choice.js';
import { labelled, stepped } from './roofline-labels.js';

const LEFT = 88;
const BOTTOM = 36;
const TOP = 16;
const RIGHT = 14;

/** What every layer can reach at best on a device: the roof is its memory on the left, its arithmetic on the right. */
export function Roofline() {
  useEffect(() => void needDevices(), []);
  const now = roof.value;
  return now === null ? <p class="quiet">Fetching the devices …</p> : <Plot now={now} />;
}

function Plot({ now }: { readonly now: Roof }) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const { points, time, memoryTime } = bound.value;
  const low = Math.min(0.05, ...points.map((p) => p.intensity)) / 1.5;
  const all = peaksOf(now.device);
  const high =
    1.5 * Math.max(now.ridge * 4, ...all.map((p) => p.perSecond / now.bandwidth), ...points.map((p) => p.intensity));
  const x = scaleLog([low, high], [LEFT, Math.max(LEFT + 1, width - RIGHT)]);
  const y = scaleLog(
    [low * now.bandwidth, Math.max(...all.map((p) => p.perSecond)) * 2],
    [Math.max(TOP + 1, height - BOTTOM), TOP],
  );
  const path = (rate: number): string => {
    const ridge = rate / now.bandwidth;
    return `M${x(low)},${y(low * now.bandwidth)}L${x(ridge)},${y(rate)}H${x(high)}`;
  };
  const longest = points.reduce((most, p) => Math.max(most, p.time), 1e-30);
  const dots = useMemo(
    () =>
      [...points]
        .sort((a, b) => b.time - a.time)
        .map((p) => ({ id: p.id, x: x(p.intensity), y: y(p.rate), name: nameOf(p.id) })),
    [points, width, height, now],
  );
  const roofY = y(now.peak.perSecond);
  const labels = useMemo(
    () =>
      labelled(dots, {
        left: LEFT,
        right: width - RIGHT,
        top: TOP,
        bottom: height - BOTTOM,
        // The flat part of the roof, and its name.
        taken: [
          { left: x(now.ridge), right: width - RIGHT, top: roofY - 7, bottom: roofY + 7 },
          { left: width - RIGHT - 150, right: width - RIGHT, top: roofY - 26, bottom: roofY },
        ],
      }),
    [dots],
  );
  const chosen = points.find((p) => p.id === selected.value);
  const near = (event: MouseEvent): Point | null => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let best: Point | null = null;
    let least = 20 ** 2;
    for (const point of points) {
      const d = (x(point.intensity) - px) ** 2 + (y(point.rate) - py) ** 2;
      if (d < least) [best, least] = [point, d];
    }
    return best;
  };
  return (
    <>
      <DeviceChoice now={now} />
      <div
        class="canvas plot"
        ref={ref}
        tabIndex={0}
        role="application"
        aria-roledescription="drawing"
        aria-label={`Roofline of ${points.length} layers on ${now.device.name}, ${now.peak.id}. Arrow keys go from layer to layer, the longest first.`}
        aria-describedby="roofline-at"
        onKeyDown={(event) => {
          const next = stepped(event.key, dots, selected.value);
          if (next === null) return;
          event.preventDefault();
          select(next);
        }}
        onClick={(event) => select(near(event)?.id ?? selected.value)}
        onPointerMove={(event) => {
          const point = near(event);
          hovered.value =
            point === null
              ? null
              : {
                  text: `${tipOf(point.id)}\nat best ${seconds(point.time)}, ${point.memoryBound ? 'memory-bound' : 'compute-bound'}`,
                  x: event.clientX,
                  y: event.clientY,
                };
        }}
        onPointerLeave={() => {
          hovered.value = null;
        }}
      >
        {width > 0 && height > 0 && (
          <svg
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            data-drawing="roofline"
            aria-hidden="true"
          >
            {powers(low, high).map((tick) => (
              <g key={tick} class="tick">
                <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={height - BOTTOM} />
                <text class="mid" x={x(tick)} y={height - BOTTOM + 15}>
                  {tick >= 1 ? tick.toLocaleString('en-US') : tick}
                </text>
              </g>
            ))}
            {powers(y.domain()[0] as number, y.domain()[1] as number).map((tick) => (
              <g key={tick} class="tick">
                <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
                <text x={LEFT - 8} y={y(tick) + 4}>
                  {flopsASecond(tick)}
                </text>
              </g>
            ))}
            <text class="axis" x={width - RIGHT} y={height - 4}>
              FLOPs a byte
            </text>
            {all
              .filter((p) => p.id !== now.peak.id)
              .map((p) => (
                <path key={p.id} class={`roof other${p.sparse ? ' sparse' : ''}`} d={path(p.perSecond)} />
              ))}
            <path class={`roof${now.peak.sparse ? ' sparse' : ''}`} d={path(now.peak.perSecond)} />
            <text class="roof-label" x={width - RIGHT - 2} y={y(now.peak.perSecond) - 13}>
              {now.peak.id}: {flopsASecond(now.peak.perSecond)}
            </text>
            <line class="ridge" x1={x(now.ridge)} x2={x(now.ridge)} y1={y(now.peak.perSecond)} y2={height - BOTTOM} />
            <text class="axis start" x={x(now.ridge) + 5} y={height - BOTTOM - 6}>
              ridge {ratio(now.ridge)}
            </text>
            {/* One path for all points of a size keeps thousands of them as quick as ten. */}
            {SIZES.map((size, i) => (
              <path
                key={size}
                class="points"
                stroke-width={size}
                d={points
                  .filter((p) => sizeOf(p.time / longest) === i)
                  .map((p) => `M${x(p.intensity).toFixed(1)},${y(p.rate).toFixed(1)}h0`)
                  .join('')}
              />
            ))}
            {labels.map((label) => (
              <g key={label.id} class="dot-label">
                <line x1={label.dot.x} y1={label.dot.y} x2={label.x} y2={label.y - 4} />
                <text x={label.x} y={label.y} class={label.left ? 'left' : ''}>
                  {label.text}
                </text>
              </g>
            ))}
            {chosen !== undefined && <circle class="point-chosen" cx={x(chosen.intensity)} cy={y(chosen.rate)} r={9} />}
          </svg>
        )}
      </div>
      <p class="quiet" id="roofline-at" aria-live="polite">
        {chosen === undefined
          ? 'Click a dot, or go from dot to dot by the arrow keys.'
          : `${nameOf(chosen.id)}: at best ${seconds(chosen.time)}, ${ratio(chosen.intensity)} FLOPs a byte, waits for ${chosen.memoryBound ? 'memory' : 'arithmetic'}`}
      </p>
      <p class="bound">
        At best <b>{seconds(time)}</b> on {now.device.name}, {now.peak.id}
        {now.peak.sparse ? '' : ', dense'}; <b>{percent(memoryTime, time)}</b> of it waiting for memory.
        <span class="quiet">
          {' '}
          A bound, not a forecast: caches, launches and utilisation are not in it. Every operator is taken to read and
          write its tensors once. A dot’s size is its share of the time.
        </span>
      </p>
      <Slowest points={points} time={time} />
    </>
  );
}

function nameOf(id: number): string {
  const sheet = model.value?.sheet;
  const node = sheet?.nodes[id];
  return node === undefined ? '' : nodeTitle(node) || (sheet?.model.name ?? '');
}

/** Widths of dots, by share of the longest time. */
const SIZES = [4, 7, 11, 16] as const;
const sizeOf = (share: number): number => (share > 0.5 ? 3 : share > 0.15 ? 2 : share > 0.03 ? 1 : 0);

function Slowest({ points, time }: { readonly points: readonly Point[]; readonly time: number }) {
  const top = [...points].sort((a, b) => b.time - a.time).slice(0, 12);
  return (
    <section class="alive" aria-label="Layers that take longest at best">
      <h2>Longest at best</h2>
      <ol tabIndex={0}>
        {top.map((p) => (
          <ShareLine
            key={p.id}
            name={
              <button type="button" class="plain alive-name" onClick={() => select(p.id)}>
                {nameOf(p.id)}
              </button>
            }
            about={`${p.memoryBound ? 'memory' : 'compute'}, ${ratio(p.intensity)} FLOP/B`}
            amount={seconds(p.time)}
            part={p.time}
            whole={time}
          />
        ))}
      </ol>
    </section>
  );
}

function powers(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
  // Not more lines than can be read.
  return all.filter((_, i) => i % Math.ceil(all.length / 8) === 0);
}

function seconds(t: number): string {
  const [size, unit] = t >= 1 ? [1, 's'] : t >= 1e-3 ? [1e-3, 'ms'] : t >= 1e-6 ? [1e-6, 'µs'] : [1e-9, 'ns'];
  return `${(t / size).toPrecision(3)} ${unit}`;
}
