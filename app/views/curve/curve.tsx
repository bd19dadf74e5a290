import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { bind, bindings, model } from '../../state/model.js';
import { Pick } from '../parts/pick.js';
import { CurveDrawing } from './curve-drawing.js';
import { axisEnd, COSTS, type Cost, curvePoints } from './curve-points.js';

const dimension = signal('');
const cost = signal<Cost>('macs');

/** A cost against the size of one free dimension, from the formula; all others are as the sliders have them. */
export function Curve() {
  const sheet = model.value?.sheet;
  const names = sheet?.program.symbols.map(({ name }) => name) ?? [];
  const name = names.includes(dimension.value) ? dimension.value : (names[0] ?? '');
  const sizes = bindings.value;
  const size = sizes[name] ?? 1;
  const end = axisEnd(sheet, name, size);
  // The curve is the same wherever on it the size lies that is set.
  const others = JSON.stringify({ ...sizes, [name]: 0 });
  const points = useMemo(
    () => (sheet === undefined ? [] : curvePoints(sheet, name, end, cost.value, sizes)),
    [sheet, name, end, cost.value, others],
  );
  if (sheet === undefined) return null;
  const { labels } = sheet;
  return (
    <div class="curve">
      <div class="controls">
        <Pick label="cost" value={cost.value} options={COSTS} onPick={(id) => (cost.value = id)} />
        <Pick
          label="against"
          value={name}
          options={names.map((n) => [n, labels[n] ?? n])}
          onPick={(id) => (dimension.value = id)}
        />
        <span class="quiet">A click sets the size.</span>
      </div>
      <CurveDrawing
        points={points}
        end={end}
        size={size}
        unit={cost.value === 'macs' || cost.value === 'flops' ? 'count' : 'bytes'}
        cost={cost.value}
        name={name}
        label={labels[name] ?? name}
        onSize={(n) => bind(name, n)}
      />
      {points.some(({ value }) => value === null) && (
        <p class="quiet">Where the line is broken, the model does not take the size.</p>
      )}
    </div>
  );
}
