import { floorAxis } from '../../ui/floor-axis.js';
import { bytes } from '../../ui/numbers.js';
import { useSize } from '../../ui/size.js';
import { MarkedPoint, Quarters } from '../parts/axes.js';
import { ByteTicks, Floor } from '../parts/moments.js';

interface CurveProps {
  /** Bytes of the weights, of the cache at `context` tokens, and of the cache for each token more. */
  readonly weights: number;
  readonly atContext: number;
  readonly perToken: number;
  readonly context: number;
  /** The most tokens that the model has positions for; null where no table of positions ends. */
  readonly positions: number | null;
}

const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [78, 10, 10, 26];
/** The axis goes to twice the context, and at least to this. */
const LEAST = 8192;
const STEPS = 40;

/** Bytes of weights and cache against the context, the weights as the floor that the cache stands on. */
export function CacheCurve({ weights, atContext, perToken, context, positions }: CurveProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const end = Math.min(Math.max(2 * context, LEAST), positions ?? Number.MAX_SAFE_INTEGER);
  const bytesAt = (tokens: number): number => weights + Math.max(0, atContext + perToken * (tokens - context));
  const axis = floorAxis(weights, bytesAt(end) - weights, TOP, HEIGHT - BOTTOM - TOP);
  const { y } = axis;
  const right = Math.max(LEFT + 1, width - RIGHT);
  const x = (tokens: number): number => LEFT + ((right - LEFT) * tokens) / end;
  const line = Array.from({ length: STEPS + 1 }, (_, i) => {
    const tokens = (end * i) / STEPS;
    return `${i === 0 ? 'M' : 'L'}${x(tokens).toFixed(1)},${y(bytesAt(tokens)).toFixed(1)}`;
  }).join('');
  const now = bytesAt(context);
  return (
    <div class="chart" ref={ref} style={{ height: `${HEIGHT}px` }}>
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          role="img"
          aria-label={`Weights and cache: ${bytes(now)} at ${context} tokens, ${bytes(bytesAt(end))} at ${end}`}
        >
          <ByteTicks axis={axis} left={LEFT} right={right} />
          <Quarters most={end} x={x} y={HEIGHT - 8} />
          <Floor axis={axis} left={LEFT} right={right} floor={weights} what="weights" />
          <path class="area" d={`${line}L${x(end)},${y(weights)}L${x(0)},${y(weights)}Z`} />
          <MarkedPoint
            x={x(context)}
            y={y(now)}
            text={`${bytes(now)} at ${context.toLocaleString('en-US')} tokens`}
            toLeft={x(context) > (LEFT + right) / 2}
            gap={8}
            textY={y(now) - 8}
          />
        </svg>
      )}
    </div>
  );
}
