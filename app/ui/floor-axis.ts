import { bytes } from './numbers.js';
import { ticksOf } from './ticks.js';

/** An axis of bytes, where some are there all the time: they are the floor, and what varies stands on it. */
export interface FloorAxis {
  /** The place of a number of bytes, floor included, in pixels from above. */
  readonly y: (bytes: number) => number;
  /** Round numbers; over a floor that is shortened, of what stands on it. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** The floor would leave little room for what varies: it is a band of a fixed height, and not to scale. */
  readonly broken: boolean;
}

/** A floor that takes more than this of the height is shortened. */
const MOST = 0.4;
/** Pixels of a floor that is shortened: its words and the mark of the break. */
const BAND = 34;
const AIR = 1.06;

/** `above` is the place of the upper end and `height` that of all of it, in pixels. */
export function floorAxis(floor: number, varying: number, above: number, height: number): FloorAxis {
  const whole = (floor + varying) * AIR || 1;
  if (floor <= MOST * whole || varying === 0 || height < 3 * BAND)
    return {
      y: (v) => above + height * (1 - v / whole),
      ticks: ticksOf(whole, 4).map((at) => ({ at, text: at === 0 ? '0' : bytes(at) })),
      broken: false,
    };
  const room = height - BAND;
  const y = (v: number): number =>
    v < floor ? above + height - (v / floor) * BAND : above + room * (1 - (v - floor) / (varying * AIR));
  const ticks = ticksOf(varying * AIR, 4)
    .slice(1)
    .map((tick) => ({ at: floor + tick, text: `+ ${bytes(tick)}` }));
  return { y, ticks: [{ at: 0, text: '0' }, ...ticks], broken: true };
}

/** A torn edge across the band of a floor that is not to scale. */
export function tornLine(left: number, right: number, y: number): string {
  const [step, rise] = [7, 3];
  let d = `M${left},${y}`;
  for (let x = left + step, i = 0; x < right; x += step, i++) d += `L${x},${y + (i % 2 === 0 ? -rise : rise)}`;
  return `${d}L${right},${y}`;
}
