import { type Dim, isStatic, mul, sub } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel, type TensorType } from '../../tensor/index.js';
import { transposed } from './layout.js';
import { of } from './of-self.js';
import { entry, type Rule, type Table } from './table.js';

/** Elements copied to other places: repeated, turned, cut to a triangle or a diagonal. */

function flipped(x: TensorType, axes: readonly number[]): ops.Effect {
  const backwards = axes.map((a) => ({
    axis: ops.axisOf(a, x.shape.length, 'flip'),
    start: null,
    end: null,
    step: -1,
  }));
  return ops.withValue(ops.copy(x, 'flip'), ops.foldSlice(x, backwards));
}

const strided = of((x, c) => ops.view('as_strided', x, c.dims('size'), null));

const diagonal = of((x, c) => {
  const [a, b] = [c.axis('dim1', x.shape.length), c.axis('dim2', x.shape.length)];
  const offset = c.int('offset');
  const [rows, columns] = [x.shape[a] as Dim, x.shape[b] as Dim];
  const length = offset >= 0 ? lesser(rows, sub(columns, offset)) : lesser(sub(rows, -offset), columns);
  return ops.view('diagonal', x, [...x.shape.filter((_, i) => i !== a && i !== b), length], null);
});

function lesser(a: Dim, b: Dim): Dim {
  if (isStatic(a) && isStatic(b)) return a < b ? a : b;
  return a;
}

/** A vector on the diagonal of a matrix, or the diagonal of one. */
const diag = of((x, c) => {
  const offset = Math.abs(c.int('diagonal'));
  const [rows, columns] = x.shape as readonly [Dim, Dim?];
  if (columns === undefined) {
    const n = isStatic(rows) ? Number(rows) + offset : rows;
    return ops.copy(x, 'diag', [n, n]);
  }
  return ops.copy(x, 'diag', [lesser(rows, columns)]);
});

const diagEmbed = of((x, c) => {
  const n = x.shape.at(-1) ?? 1;
  if (c.int('offset') !== 0 && !isStatic(n)) throw new Unsupported('its extent is symbolic');
  const side = c.int('offset') === 0 ? n : Number(n) + Math.abs(c.int('offset'));
  return ops.copy(x, 'diag_embed', [...x.shape.slice(0, -1), side, side]);
});

const repeat = of((x, c) => ops.tile(x, c.dims('repeats')));

const tile = of((x, c) => ops.tile(x, c.dims('dims')));

/** Each element several times along an axis, flattened where none is given. */
const interleave: Rule = (c) => {
  const x = c.type('self');
  const repeats = c.arg('repeats');
  const flat = !c.has('dim');
  const shape = flat ? [numel(x.shape)] : [...x.shape];
  const axis = flat ? 0 : c.axis('dim', x.shape.length);
  const times = c.optionalType('repeats');
  const one = typeof repeats === 'number' || typeof repeats === 'bigint' || times === null;
  if (one) shape[axis] = mul(shape[axis] as Dim, c.dim('repeats'));
  else {
    const known = times.value;
    shape[axis] =
      known?.length === 1
        ? mul(shape[axis] as Dim, known[0] as Dim)
        : known
          ? known.reduce<Dim>((a, b) => (isStatic(a) && isStatic(b) ? Number(a) + Number(b) : a), 0)
          : c.has('output_size')
            ? c.dim('output_size')
            : c.fresh(0, axis);
  }
  return c.make(ops.copy(x, 'repeat_interleave', shape), [c.value('self'), c.optional('repeats')]);
};

const triangle = of((x, c) => ops.copy(x, c.name === 'triu' ? 'triu' : 'tril'));

export const copies: Table = byName({
  as_strided: entry('self size stride storage_offset=None', strided),
  diagonal: entry('self offset=0 dim1=0 dim2=1', diagonal),
  linalg_diagonal: entry('self offset=0 dim1=-2 dim2=-1', diagonal),
  diag: entry('self diagonal=0', diag),
  diag_embed: entry('self offset=0 dim1=-2 dim2=-1', diagEmbed),
  repeat: entry('self repeats:is...', repeat),
  tile: entry('self dims:is...', tile),
  repeat_interleave: entry('self repeats dim=None output_size=None', interleave),
  roll: entry(
    'self shifts dims=[]',
    of((x) => ops.copy(x, 'roll')),
  ),
  flip: entry(
    'self dims:is...',
    of((x, c) => flipped(x, c.ints('dims'))),
  ),
  fliplr: entry(
    'self',
    of((x) => flipped(x, [1])),
  ),
  flipud: entry(
    'self',
    of((x) => flipped(x, [0])),
  ),
  rot90: entry(
    'self k=1 dims=[]',
    of((x, c) => {
      const [a, b] = c.ints('dims').length === 2 ? (c.ints('dims') as [number, number]) : [0, 1];
      return ops.copy(x, 'rot90', c.int('k') % 2 === 0 ? x.shape : (transposed(x, a, b).outputs[0]?.shape ?? x.shape));
    }),
  ),
  tril: entry('self diagonal=0', triangle),
  triu: entry('self diagonal=0', triangle),
});
