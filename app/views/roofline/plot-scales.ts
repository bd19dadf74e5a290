import { scaleLog } from 'd3-scale';
import { type PeakOf, peaksOf } from 'opcount';
import type { Roof } from '../../state/devices.js';
import type { Point } from '../../state/roofline.js';

/** Margins of the plot in pixels: the left one holds rates, the lower one intensities. */
export const MARGIN = { left: 88, right: 14, top: 16, bottom: 36 } as const;

/** Both logarithmic axes of a plot: FLOPs a byte to pixels from the left, FLOPs a second to pixels from above. */
export interface PlotScales {
  readonly x: (intensity: number) => number;
  readonly y: (rate: number) => number;
  /** The ends of the axes. */
  readonly intensities: readonly [low: number, high: number];
  readonly rates: readonly [low: number, high: number];
  readonly peaks: readonly PeakOf[];
  /** Pixels of the drawing, margins and all. */
  readonly width: number;
  readonly height: number;
}

/** Axes on which every point, the ridge and all peaks of the device lie. */
export function scalesOf(roof: Roof, points: readonly Point[], width: number, height: number): PlotScales {
  const peaks = peaksOf(roof.device);
  const low = Math.min(0.05, ...points.map((p) => p.intensity)) / 1.5;
  const ridges = peaks.map((p) => p.perSecond / roof.bandwidth);
  const high = 1.5 * Math.max(roof.ridge * 4, ...ridges, ...points.map((p) => p.intensity));
  const rates = [low * roof.bandwidth, Math.max(...peaks.map((p) => p.perSecond)) * 2] as const;
  return {
    x: scaleLog([low, high], [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)]),
    y: scaleLog(rates, [Math.max(MARGIN.top + 1, height - MARGIN.bottom), MARGIN.top]),
    intensities: [low, high],
    rates,
    peaks,
    width,
    height,
  };
}

/** The roof of a peak: along the memory's slope up to its ridge, flat from there. */
export function roofPath({ x, y, intensities: [low, high] }: PlotScales, bandwidth: number, rate: number): string {
  return `M${x(low)},${y(low * bandwidth)}L${x(rate / bandwidth)},${y(rate)}H${x(high)}`;
}

/** How far from a dot, in pixels, a click still means it. */
const REACH = 20;

/** The point that is nearest to a place of the drawing; null where none is near. */
export function pointNear({ x, y }: PlotScales, points: readonly Point[], px: number, py: number): Point | null {
  let best: Point | null = null;
  let least = REACH ** 2;
  for (const point of points) {
    const d = (x(point.intensity) - px) ** 2 + (y(point.rate) - py) ** 2;
    if (d < least) [best, least] = [point, d];
  }
  return best;
}

/** Powers of ten within an axis, no more of them than can be read. */
export function powersOfTen([low, high]: readonly [low: number, high: number]): number[] {
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
  return all.filter((_, i) => i % Math.ceil(all.length / 8) === 0);
}

/** Widths of dots, by share of the longest time. */
export const DOT_SIZES = [4, 7, 11, 16] as const;

/** Which of these widths a dot has. */
export function dotSize(share: number): number {
  return share > 0.5 ? 3 : share > 0.15 ? 2 : share > 0.03 ? 1 : 0;
}
