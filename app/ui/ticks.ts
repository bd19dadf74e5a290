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
