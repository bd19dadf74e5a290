const STEPS = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 400, 512];

/** About `n` round numbers of bytes from 0 up to `top`. */
export function ticksOf(top: number, n: number): number[] {
  return stepsBetween(0, top, n);
}

/** About `n` numbers of bytes from `from` to `to`, a round step apart. */
export function stepsBetween(from: number, to: number, n: number): number[] {
  const rough = (to - from) / n;
  const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, rough)) / Math.log(1024)));
  const step = unit * (STEPS.find((s) => s >= rough / unit) ?? 1024);
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return ticks;
}
