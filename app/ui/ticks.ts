/** About `n` round numbers of bytes from 0 up to `top`. */
export function ticksOf(top: number, n: number): number[] {
  const unit = 1024 ** Math.floor(Math.log(Math.max(1, top / n)) / Math.log(1024));
  const rough = top / n / unit;
  const step =
    unit * ([1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 400, 512].find((s) => s >= rough) ?? 1024);
  const ticks: number[] = [];
  for (let t = 0; t <= top; t += step) ticks.push(t);
  return ticks;
}

/** The same in the decimal system: 1, 2 or 5 times a power of ten apart. */
export function roundTicks(top: number, n: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(top / n));
  const step = unit * ([1, 2, 5].find((s) => s >= top / n / unit) ?? 10);
  const ticks: number[] = [];
  for (let i = 0; i * step <= top; i++) ticks.push(i * step);
  return ticks;
}
