import { useEffect, useMemo } from 'preact/hooks';
import { devicesMissing, needDevices, type Roof, roof } from '../../state/devices.js';
import { model } from '../../state/model.js';
import { bound, type Point } from '../../state/roofline.js';
import { nodeTitle } from '../../state/verdict.js';
import { select, selected } from '../../state/view.js';
import { percent, ratio, seconds } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { DevicesMissing } from '../parts/devices-missing.js';
import { hovered, tipOf } from '../parts/drawing.js';
import { ShareLine } from '../parts/moments.js';
import { DeviceChoice } from './device-choice.js';
import { PlotDrawing } from './plot-drawing.js';
import { MARGIN, pointNear, scalesOf } from './plot-scales.js';
import { type DotLabel, labelled, stepped } from './roofline-labels.js';

/** The most that every layer can reach on a device: the roof is its memory on the left, its arithmetic on the right. */
export function Roofline() {
  useEffect(() => void needDevices(), []);
  const now = roof.value;
  if (now === null && devicesMissing.value) return <DevicesMissing />;
  if (now === null)
    return (
      <p class="quiet" aria-busy={true}>
        Fetching the devices …
      </p>
    );
  const { points, time, memoryTime } = bound.value;
  const chosen = points.find((p) => p.id === selected.value);
  return (
    <>
      <DeviceChoice now={now} />
      <Plot now={now} points={points} chosen={chosen} />
      <p class="quiet" id="roofline-at" aria-live="polite">
        {chosen === undefined
          ? 'Click a dot, or go from dot to dot with the arrow keys.'
          : `${nameOf(chosen.id)}: at best ${seconds(chosen.time)}, ${ratio(chosen.intensity)} FLOPs a byte, waits for ${chosen.memoryBound ? 'memory' : 'arithmetic'}`}
      </p>
      <p class="bound">
        At best <b>{seconds(time)}</b> on {now.device.name}, {now.peak.id}
        {now.peak.sparse ? '' : ', dense'}; <b>{percent(memoryTime, time)}</b> of it waiting for memory.
        <span class="quiet">
          {' '}
          A bound, not a forecast: it leaves out caches, launches and utilisation. Every operator is assumed to read and
          write its tensors once. A dot’s size is its share of the time.
        </span>
      </p>
      <Slowest points={points} time={time} />
    </>
  );
}

interface PlotProps {
  readonly now: Roof;
  readonly points: readonly Point[];
  readonly chosen: Point | undefined;
}

function Plot({ now, points, chosen }: PlotProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const scales = useMemo(() => scalesOf(now, points, width, height), [now, points, width, height]);
  const dots = useMemo(
    () =>
      [...points]
        .sort((a, b) => b.time - a.time)
        .map((p) => ({ id: p.id, x: scales.x(p.intensity), y: scales.y(p.rate), name: nameOf(p.id) })),
    [points, scales],
  );
  const labels = useMemo(() => labelsOf(dots, scales, now), [dots, scales, now]);
  const near = (event: MouseEvent): Point | null => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return pointNear(scales, points, event.clientX - box.left, event.clientY - box.top);
  };
  return (
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
        hovered.value = point === null ? null : { text: tip(point), x: event.clientX, y: event.clientY };
      }}
      onPointerLeave={() => {
        hovered.value = null;
      }}
    >
      {width > 0 && height > 0 && (
        <PlotDrawing roof={now} scales={scales} points={points} labels={labels} chosen={chosen} />
      )}
    </div>
  );
}

function tip({ id, time, memoryBound }: Point): string {
  return `${tipOf(id)}\nat best ${seconds(time)}, ${memoryBound ? 'memory-bound' : 'compute-bound'}`;
}

/** Names of dots, clear of the flat part of the roof and of the roof's own name. */
function labelsOf(
  dots: Parameters<typeof labelled>[0],
  { x, y, width, height }: ReturnType<typeof scalesOf>,
  { peak, ridge }: Roof,
): DotLabel[] {
  const right = width - MARGIN.right;
  const roofY = y(peak.perSecond);
  return labelled(dots, {
    left: MARGIN.left,
    right,
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
    taken: [
      { left: x(ridge), right, top: roofY - 7, bottom: roofY + 7 },
      { left: right - 150, right, top: roofY - 26, bottom: roofY },
    ],
  });
}

function nameOf(id: number): string {
  const sheet = model.value?.sheet;
  const node = sheet?.nodes[id];
  return node === undefined ? '' : nodeTitle(node) || (sheet?.model.name ?? '');
}

/** Layers in the list below the plot. */
const LISTED = 12;

function Slowest({ points, time }: { readonly points: readonly Point[]; readonly time: number }) {
  const top = [...points].sort((a, b) => b.time - a.time).slice(0, LISTED);
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
