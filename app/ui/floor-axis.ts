import { stepsBetween, ticksOf } from './ticks.js';

/** An axis of bytes, where some are there all the time: they are the floor, and what varies stands on it. */
export interface FloorAxis {
  /** The place of a number of bytes, floor included, in pixels from above. */
  readonly y: (bytes: number) => number;
  readonly ticks: readonly number[];
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
  const top = floor + varying * AIR;
  const whole = (floor + varying) * AIR || 1;
  if (floor <= MOST * whole || varying === 0 || height < 3 * BAND)
    return { y: (v) => above + height * (1 - v / whole), ticks: ticksOf(whole, 4), broken: false };
  const room = height - BAND;
  const y = (v: number): number =>
    v < floor ? above + height - (v / floor) * BAND : above + room * (1 - (v - floor) / (top - floor));
  // The floor itself has its words: a tick right above it would be written over them.
  const ticks = stepsBetween(floor, top, 4).filter((tick) => y(tick) < above + room - 8);
  return { y, ticks: [0, ...ticks], broken: true };
}

/** A torn edge across the band of a floor that is not to scale. */
export function tornLine(left: number, right: number, y: number): string {
  const [step, rise] = [7, 3];
  let d = `M${left},${y}`;
  for (let x = left + step, i = 0; x < right; x += step, i++) d += `L${x},${y + (i % 2 === 0 ? -rise : rise)}`;
  return `${d}L${right},${y}`;
}
