import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sym } from '../../src/dim/index.js';
import { parseCode } from '../../src/formats/torchscript/code/parse.js';
import { readTorchScript } from '../../src/formats/torchscript/read.js';
import type { Ledger } from '../../src/ledger/index.js';
import { tally } from '../../src/ops/index.js';
import type { ModelErrorCode } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { refusal } from '../refusal.js';
import * as p from '../wire/pickle-build.js';
import { zipOf } from '../wire/zip-build.js';
import { archiveOf, type Script, sourceOf } from './torchscript-build.js';

const run = (script: Script, shape: readonly (number | string)[] = [4, 8]): Ledger =>
  readTorchScript(sourceOf(script), { inputs: [{ shape: dims(...shape) }] });

/** The shape that `body` returns, as text. */
const shapeOf = (body: string, more: Partial<Script> = {}, shape?: readonly number[]): string =>
  run({ body, ...more }, shape)
    .outputs.map(({ value }) => (value.type?.shape ?? ['?']).map(String).join('x'))
    .join(' ');

const macsOf = (ledger: Ledger): string =>
  String(tally(ledger.entries.flatMap((e) => (e.result.kind === 'known' ? e.result.work : []))).macs);

describe('the language', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    [
      'integers',
      'n = torch.floordiv(torch.mul(torch.size(x, 1), 3), 5)\nreturn torch.zeros([n, torch.neg(-2)])',
      '4x2',
    ],
    ['integers round down', 'return torch.zeros([torch.neg(torch.floordiv(-7, 2)), torch.remainder(-7, 3)])', '4x2'],
    ['floats', 'return torch.zeros([int(torch.mul(float(torch.size(x, 0)), 1.75)), torch.ceil(2.1)])', '7x3'],
    [
      'texts',
      'if torch.eq(torch.format("{}-{}", 1, [2]), "1-[2]"):\n  y = x\nelse:\n  y = torch.zeros([1])\nreturn y',
      '4x8',
    ],
    [
      'lists',
      'l = annotate(List[int], [])\n_0 = torch.append(l, 3)\n_1 = torch.append(l, 5)\nreturn torch.zeros(torch.add(l, [l[-1]]))',
      '3x5x5',
    ],
    ['slices of lists', 'l = [2, 3, 4, 5]\nreturn torch.zeros((l)[1:3])', '3x4'],
    ['tuples', 'a, b, = (2, (3, 4))\nreturn torch.zeros([a, (b)[1]])', '2x4'],
    ['a list of one', 'a, = [7]\nreturn torch.zeros([a])', '7'],
    [
      'dictionaries',
      'd = annotate(Dict[str, int], {})\ntorch._set_item(d, "a", 2)\nd0 = {"b": 3}\ntorch.update(d, d0)\nreturn torch.zeros([d["a"], d["b"], torch.len(d)])',
      '2x3x2',
    ],
    [
      'nested if',
      'if torch.gt(torch.size(x, 0), 3):\n  if torch.lt(torch.size(x, 1), 3):\n    y = x\n  else:\n    y = torch.zeros([2])\nelse:\n  y = x\nreturn y',
      '2',
    ],
    ['for', 's = 0\nfor i in range(4):\n  s = torch.add(s, i)\nreturn torch.zeros([s])', '6'],
    [
      'while',
      's = 1\n_0 = True\nwhile _0:\n  s = torch.mul(s, 2)\n  _0 = torch.lt(s, 50)\nreturn torch.zeros([s])',
      '64',
    ],
    [
      'optionals',
      'y : Optional[Tensor] = None\nif torch.__is__(y, None):\n  z = x\nelse:\n  z = unchecked_cast(Tensor, y)\nreturn z',
      '4x8',
    ],
    ['isinstance', 'if isinstance(3, (float, int)):\n  y = torch.zeros([1])\nelse:\n  y = x\nreturn y', '1'],
    [
      'logic',
      'if torch.__and__(torch.__not__(False), torch.__contains__([1, 2], 2)):\n  y = torch.zeros([1])\nelse:\n  y = x\nreturn y',
      '1',
    ],
    [
      'numbers as tensors',
      'n = torch.floor_divide(ops.prim.NumToTensor(torch.size(x, 1)), CONSTANTS.c0)\nreturn torch.zeros([int(n), 2])',
      '4x2',
    ],
    ['contexts', 'with x:\n  y = torch.relu(x)\nreturn y', '4x8'],
    ['infinity', 'y = torch.masked_fill(x, torch.gt(x, 0), -inf)\nreturn y', '4x8'],
    ['functions of other files', 'return __torch__.lib.f(x, n=3, )', '3'],
    ['default arguments', 'return __torch__.lib.f(x, )', '2'],
    ['functions as values', '_0 = __torch__.lib.f\nreturn _0(x, 5, )', '5'],
    [
      'members of an enum',
      'if torch.eq(__torch__.lib.Kind.A, __torch__.lib.Kind.B):\n  y = x\nelse:\n  y = torch.zeros([__torch__.lib.Kind.B.value])\nreturn y',
      '9',
    ],
    [
      'objects',
      '_0 = __torch__.lib.Box.__new__(__torch__.lib.Box)\n_1 = (_0).__init__(2, )\n_2 = (_0).grow(5, )\nreturn torch.zeros([_0.n])',
      '7',
    ],
    ['named tuples', '_0 = __torch__.lib.Pair(2, 3)\nreturn torch.zeros([(_0)[0], _0.b])', '2x3'],
    ['tensors changed in place', 'y = torch.zeros([2])\n_0 = torch.add_(y, 1)\nreturn torch.cat([y, _0])', '4'],
    [
      'in-place changes forget contents',
      'n = torch.tensor([3])\n_0 = torch.fill_(n, torch.sum(x))\nreturn torch.reshape(x, [-1, 8])',
      '4x8',
    ],
    [
      'text of other alphabets',
      'if torch.eq("\\303\\244", "\\303\\244"):\n  y = torch.zeros([torch.len("\\303\\244")])\nelse:\n  y = x\nreturn y',
      '1',
    ],
    [
      'a fork',
      'def __forked_function0():\n  y = torch.relu(x)\n  return y\n_0 = fork(__forked_function0)\nreturn torch.wait(_0)',
      '4x8',
    ],
  ];
  const files = {
    '__torch__/lib.py': `def f(x: Tensor,
    n: int=2) -> Tensor:
  return torch.zeros([n])
class Kind(Enum):
  A = 4
  B = 9
class Pair(NamedTuple):
  a : int
  b : int
class Box:
  n : int
  def __init__(self: __torch__.lib.Box,
    n: int) -> NoneType:
    self.n = n
    return None
  def grow(self: __torch__.lib.Box,
    by: int) -> NoneType:
    self.n = torch.add(self.n, by)
    return None
`,
  };
  const constants = p.pickle(p.tuple(p.int(2)));
  test.each(CASES)('%s', (_, body, shape) => {
    expect(shapeOf(body, { files, constants })).toBe(shape);
  });

  test('modules within modules, a method that is not a forward, getattr', () => {
    const child = `class Sub(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
  w : Tensor
  training : bool
  k : Final[int] = 3
  def forward(self: __torch__.Sub,
    x: Tensor) -> Tensor:
    return (self).inner(x, )
  def forward1(self: __torch__.Sub,
    x: Tensor) -> Tensor:
    return torch.linear(x, self.w)
  def inner(self: __torch__.Sub,
    x: Tensor) -> Tensor:
    return torch.linear(x, self.w)`;
    const sub = p.instance(p.global('__torch__', 'Sub'), p.dict({ w: p.tensor([8, 8], '0'), training: p.bool(false) }));
    const ledger = run({
      body: '_0 = getattr(self, "0")\ny = (_0).forward(x, )\nreturn (_0).forward1(y, )',
      members: '__annotations__["0"] = __torch__.Sub',
      beside: child,
      fields: { '0': sub },
    });
    const module = ledger.root.module.children[0]?.module;
    expect([module?.path, module?.type, module?.calls.length, module?.attrs]).toEqual(['0', 'Sub', 2, { k: 3 }]);
    expect(ledger.entries.map((e) => [e.call.path, e.call.index, e.op])).toEqual([
      ['0', 0, 'linear'],
      ['0', 1, 'linear'],
    ]);
    expect(ledger.weights.map((w) => [w.name, w.kind])).toEqual([['0.w', 'parameter']]);
  });

  test('size arithmetic of a trace is not an operator of the model', () => {
    const body =
      'n = ops.prim.NumToTensor(torch.size(x, 0))\nm = torch.mul(n, CONSTANTS.c0)\nreturn torch.view(torch.cat([x, x]), [int(m), 8])';
    const scalar = p.call(
      p.global('torch._utils', '_rebuild_tensor_v2'),
      p.storage('LongStorage', '0', 1),
      p.int(0),
      p.tuple(),
      p.tuple(),
      p.bool(false),
      p.call(p.global('collections', 'OrderedDict')),
    );
    const bytes = archiveOf({ body, constants: p.pickle(p.tuple(scalar)) });
    expect(bytes.length).toBeGreaterThan(0);
    expect(run({ body, constants: p.pickle(p.tuple(p.int(2))) }).entries.map((e) => e.op)).toEqual([
      'concat',
      'reshape',
    ]);
  });

  test('an operator without a formula is a gap, and what depends on its shape too', () => {
    const { entries, outputs } = run({ body: 'y = ops.mylib.odd(x)\nz = torch.relu(y)\nreturn z' });
    expect(entries.map((e) => [e.type, e.result.kind])).toEqual([
      ['mylib::odd', 'gap'],
      ['aten::relu', 'gap'],
    ]);
    expect(outputs[0]?.value.type).toBeNull();
  });
});

test('an operator of several results without a formula', () => {
  const { entries, outputs } = run({
    body: 'a, b, = ops.mylib.odd(x)\nc = ops.mylib.list(a)[1]\nreturn torch.add(b, c)',
  });
  expect(entries.map((e) => e.result.kind)).toEqual(['gap', 'gap', 'gap']);
  expect(outputs).toHaveLength(1);
});

test('what cannot go on below such an operator says so', () => {
  expect(() =>
    run({ body: 'y = ops.mylib.odd(x)\nfor i in range(torch.len(torch.size(y))):\n  y = x\nreturn y' }),
  ).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('no rule for') }));
});

test('a float that depends on data leaves shapes alone', () => {
  const { outputs, entries } = run({ body: 'f = float(torch.sum(x))\nreturn torch.mul(x, f)' });
  expect(outputs[0]?.value.type?.shape).toEqual([4, 8]);
  expect(entries.every((e) => e.result.kind === 'known')).toBe(true);
});

test('sizes that come of single-precision arithmetic are rounded as PyTorch rounds them', () => {
  // 224 · (800 / 224) is 800 in single precision and 799.99… in double.
  const body =
    's = torch.mul(torch.reciprocal(torch.tensor(224.)), 800.)\nn = torch.floor(torch.mul(224., float(torch.item(torch.min(s, torch.tensor(5.))))))\nreturn torch.zeros([n])';
  expect(shapeOf(body)).toBe('800');
});

describe('what depends on data or on free dimensions', () => {
  const w = { fields: { w: p.tensor([8, 8], '0') }, members: 'w : Tensor', parameters: ['w'] };

  test('a branch decided by a bound', () => {
    const body = 'if torch.gt(torch.size(x, 0), 0):\n  y = torch.linear(x, self.w)\nelse:\n  y = x\nreturn y';
    expect(macsOf(readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims('n', 8) }] }))).toBe('64*n');
  });

  test('both arms where nothing decides: as often as each is taken', () => {
    const body = 'if torch.gt(torch.size(x, 0), 5):\n  y = torch.linear(x, self.w)\nelse:\n  y = x\nreturn y';
    const ledger = readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims('n', 8) }] });
    expect(macsOf(ledger)).toBe('64*n*then0');
    expect(ledger.notes.map((n) => n.code)).toEqual(['unknown-branch']);
  });

  test('an arm that cannot run on these sizes is left out, and that is said', () => {
    const body =
      'if bool(torch.sum(x)):\n  y = torch.linear(torch.reshape(x, [7, 8]), self.w)\nelse:\n  y = x\nreturn y';
    const ledger = readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims(3, 8) }] });
    expect(macsOf(ledger)).toBe('0');
    expect(ledger.notes.map((n) => n.code)).toEqual(['branch-excluded']);
  });

  test('a branch that the caller chooses by its symbol', () => {
    const body = 'if bool(torch.sum(x)):\n  y = torch.linear(x, self.w)\nelse:\n  y = x\nreturn y';
    const at = (then: number): string =>
      macsOf(
        readTorchScript(sourceOf({ body, ...w }), {
          inputs: [{ shape: dims(3, 8) }],
          bind: new Map([['then0', then]]),
        }),
      );
    expect([at(0), at(1)]).toEqual(['0', '192']);
  });

  test('a check that raises is assumed to hold, and that is said', () => {
    const body =
      'if torch.eq(torch.size(x, 0), 5):\n  pass\nelse:\n  ops.prim.RaiseException("AssertionError: five rows")\nreturn torch.linear(x, self.w)';
    const ledger = readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims('n', 8) }] });
    expect(macsOf(ledger)).toBe('64*n');
    expect(ledger.notes.map((n) => [n.code, n.at?.field])).toEqual([['assumed', 'code/__torch__.py:8']]);
    expect(ledger.notes[0]?.message).toContain('AssertionError: five rows');
  });

  test('lists and dictionaries changed in an arm are changed as often', () => {
    const body = 'l = [1]\nif bool(torch.sum(x)):\n  torch._set_item(l, 0, 3)\nelse:\n  pass\nreturn torch.zeros(l)';
    const ledger = run({ body });
    expect(String(ledger.outputs[0]?.value.type?.shape[0])).toBe('2*then0 + 1');
  });

  test('a loop over a free dimension is one round, as often as it runs', () => {
    const body = 'h = x\nfor i in range(torch.size(x, 0)):\n  h = torch.linear(h, self.w)\nreturn h';
    const ledger = readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims('n', 8) }] });
    expect(macsOf(ledger)).toBe('64*n**2');
    expect(ledger.entries).toHaveLength(1);
  });

  test('a loop whose rounds differ asks for a number', () => {
    const body = 'h = x\nfor i in range(torch.size(x, 0)):\n  h = torch.cat([h, x])\nreturn h';
    expect(() => readTorchScript(sourceOf({ body, ...w }), { inputs: [{ shape: dims('n', 8) }] })).toThrow(
      expect.objectContaining({ code: 'free-symbol', at: expect.objectContaining({ field: 'code/__torch__.py:9' }) }),
    );
  });
});

const dims = (...extents: readonly (number | string)[]): readonly import('../../src/dim/index.js').Dim[] =>
  extents.map((d) => (typeof d === 'number' ? d : sym(d)));

describe('hostile code ends, with a reason', () => {
  const deep = (open: string, close: string, n: number): string => `${open.repeat(n)}x${close.repeat(n)}`;
  const selves = 'l = [1]\nr = [1]\n_0 = torch.append(l, l)\n_1 = torch.append(r, r)';
  const doubled = (step: string, then: string): string => `l = [x, x]\n${`${step}\n`.repeat(60)}return ${then}`;
  const CASES: readonly (readonly [string, Partial<Script> & { body: string }, ModelErrorCode, RegExp])[] = [
    ['an endless loop', { body: '_0 = True\nwhile _0:\n  _0 = True\nreturn x' }, 'limit', /steps/],
    ['a loop of 2^62 rounds', { body: 'for i in range(4611686018427387904):\n  pass\nreturn x' }, 'limit', /steps/],
    [
      'operators without end',
      { body: 'y = x\nwhile True:\n  y = torch.relu(y)\nreturn y' },
      'limit',
      /steps|operators/,
    ],
    ['a method that calls itself', { body: 'return (self).forward(x, )' }, 'limit', /deep/],
    ['a list that doubles', { body: 'l = [1]\nwhile True:\n  torch.extend(l, l)\nreturn x' }, 'limit', /without bound/],
    [
      'a text that doubles',
      { body: 's = "ab"\nwhile True:\n  s = torch.add(s, s)\nreturn x' },
      'limit',
      /without bound/,
    ],
    [
      'a list in itself',
      { body: 'l = [x]\n_0 = torch.append(l, l)\nreturn torch.cat(l, 0)' },
      'limit',
      /in themselves/,
    ],
    ['a list in itself, returned', { body: 'l = [x]\n_0 = torch.append(l, l)\nreturn l' }, 'limit', /in themselves/],
    ['lists in themselves, compared', { body: `${selves}\nk = torch.eq(l, r)\nreturn x` }, 'limit', /in themselves/],
    [
      'lists in themselves, of which data decides',
      { body: `${selves}\nif bool(torch.sum(x)):\n  y = l\nelse:\n  y = r\nreturn x` },
      'limit',
      /in themselves/,
    ],
    [
      'a list that holds the one before twice',
      { body: doubled('l = [l, l]', 'torch.cat(l, 0)') },
      'limit',
      /goes through/,
    ],
    ['tuples that do', { body: doubled('l = (l, l)', 'torch.cat(l, 0)') }, 'limit', /goes through/],
    [
      'texts compared without end',
      {
        body: 's = torch.mul("a", 1000000)\nr = torch.mul("a", 1000000)\nwhile True:\n  k = torch.eq(s, r)\nreturn x',
      },
      'limit',
      /goes through/,
    ],
    [
      'a character of a long text, again and again',
      { body: 's = torch.mul("a", 1000000)\nwhile True:\n  k = s[1]\nreturn x' },
      'limit',
      /goes through/,
    ],
    [
      'a long list sorted again and again',
      { body: 's = torch.mul([2, 1], 500000)\nwhile True:\n  torch.sort(s)\nreturn x' },
      'limit',
      /goes through/,
    ],
    [
      'an operator on tensors without end',
      { body: 'l = torch.mul([x], 1000000)\nwhile True:\n  y = torch.cat(l, 0)\nreturn x' },
      'limit',
      /goes through/,
    ],
    [
      'a text put into itself',
      { body: 's = torch.mul("a", 1000000)\ns = torch.replace(s, "", s)\nreturn x' },
      'limit',
      /without bound/,
    ],
    ['a tensor that doubles', { body: 'y = x\nwhile True:\n  y = torch.cat([y, y], 0)\nreturn y' }, 'limit', /2\^63/],
    ['a list repeated', { body: 'l = torch.mul([1], 1000000000)\nreturn x' }, 'limit', /without bound/],
    ['brackets without end', { body: `return ${deep('(', ')', 100_000)}` }, 'limit', /brackets/],
    ['signs without end', { body: `y = ${'-'.repeat(100_000)}1\nreturn x` }, 'limit', /nested/],
    ['attributes without end', { body: `return x${'.data'.repeat(100_000)}` }, 'limit', /in a row/],
    ['blocks without end', { body: blocks(1000) }, 'limit', /nested/],
    ['a name without a value', { body: 'return y' }, 'malformed', /y is used/],
    ['a class that is not there', { body: 'return __torch__.no.Where(x)' }, 'malformed', /no __torch__\.no\.Where/],
    ['a text that does not end', { body: 'return "x' }, 'malformed', /no end/],
    ['a character of no language', { body: 'return x ? y' }, 'malformed', /not TorchScript/],
    ['division by zero', { body: 'return torch.zeros([torch.floordiv(1, 0)])' }, 'shape', /ZeroDivision/],
    ['a position beyond a list', { body: 'l = [1]\nreturn torch.zeros([l[5]])' }, 'shape', /position 5/],
    ['attributes of a number', { body: 'return torch.zeros([(3).real])' }, 'malformed', /attribute/],
    ['shapes that do not meet', { body: 'return torch.matmul(x, torch.zeros([3, 3]))' }, 'shape', /./],
  ];
  test.each(CASES)(
    '%s',
    (_, script, code, message) => {
      expect(() => run(script)).toThrow(
        expect.objectContaining({ code, format: 'torchscript', message: expect.stringMatching(message) }),
      );
    },
    60_000,
  );

  test('a text repeated as often as a free dimension says', () => {
    expect(() => run({ body: 's = torch.mul("a", torch.size(x, 0))\nreturn x' }, ['n', 8])).toThrow(
      expect.objectContaining({ code: 'malformed', message: expect.stringMatching(/not known/) }),
    );
  });

  test('nothing, repeated however often, is nothing', () => {
    expect(shapeOf('l = annotate(List[int], [])\nreturn torch.zeros([torch.len(torch.mul(l, 4000000000))])')).toBe('0');
  });

  test('lists may grow as long as they like one by one', () => {
    expect(
      shapeOf(
        'l = annotate(List[int], [])\nfor i in range(100000):\n  _0 = torch.append(l, i)\nreturn torch.zeros([torch.len(l)])',
      ),
    ).toBe('100000');
  });

  test('numbers are of 64 bits', () => {
    expect(
      shapeOf('n = 3\nfor i in range(200):\n  n = torch.mul(n, n)\nreturn torch.zeros([torch.remainder(n, 7)])'),
    ).toMatch(/^[0-6]$/);
  });

  test('an archive whose object contains itself', () => {
    const cyclic = p.pickle(
      p.global('__torch__', 'Net'),
      p.op(')'),
      p.op(0x81),
      p.op('q', [0]),
      p.op('}'),
      p.text('self'),
      p.op('h', [0]),
      p.op('s'),
      p.op('b'),
    );
    const bytes = zipOf([
      { name: 'net/data.pkl', data: cyclic },
      {
        name: 'net/code/__torch__.py',
        data: 'class Net(Module):\n  self : __torch__.Net\n  def forward(s: __torch__.Net,\n    x: Tensor) -> Tensor:\n    return torch.relu(x)\n',
      },
    ]);
    const ledger = readTorchScript(memorySource(bytes), { inputs: [{ shape: [2] }] });
    expect(ledger.root.module.children[0]?.module).toBe(ledger.root.module);
  });

  test('the code is never executed', () => {
    const body = 'return __import__("os").system("exit 1")';
    expect(() => run({ body })).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});

function blocks(n: number): string {
  const lines = Array.from({ length: n }, (_, i) => `${' '.repeat(i)}if True:`);
  return [...lines, `${' '.repeat(n)}pass`, 'return x'].join('\n');
}

describe('whatever is changed, it is read or refused, never anything else', () => {
  const folder = join(import.meta.dirname, '../fixtures/torchscript');
  test('bytes of an archive', () => {
    const bytes = readFileSync(join(folder, 'raise.script.pt'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const spoilt = Uint8Array.from(bytes);
          for (const [at, value] of changes) spoilt[at] = value;
          refusal(() => readTorchScript(memorySource(spoilt), { inputs: [{ shape: [2, 8] }] }));
        },
      ),
      { numRuns: 300 },
    );
  });

  const CODE = `class Net(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
  w : Tensor
  training : bool
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    l = annotate(List[int], [])
    for i in range(3):
      _0 = torch.append(l, torch.mul(i, 2))
    if torch.gt(torch.len(l), 2):
      y = torch.linear(x, self.w)
    else:
      y = torch.relu(x)
    a, b, = (l[0], {"k": 1.5})
    return torch.add(y, torch.mul(y, b["k"]))
`;
  const words = [...CODE.matchAll(/\w+|[^\w\s]|\n *| +/g)].map((m) => m[0]);

  test('words of its code', () => {
    const word = fc.oneof(
      fc.constantFrom(...words),
      fc.constantFrom('while', 'for', 'return', '"', '9999999999', '-', 'inf', 'torch.cat'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(words.length - 1), word), { minLength: 1, maxLength: 5 }), (changes) => {
        const changed = [...words];
        for (const [at, by] of changes) changed[at] = by;
        const code = changed.join('');
        refusal(() => parseCode(code, 'net.py'));
        const fields = p.dict({ training: p.bool(false), w: p.tensor([8, 8], '0') });
        const bytes = zipOf([
          { name: 'net/data.pkl', data: p.pickle(p.instance(p.global('__torch__', 'Net'), fields)) },
          { name: 'net/code/__torch__.py', data: code },
        ]);
        refusal(() => readTorchScript(memorySource(bytes), { inputs: [{ shape: [4, 8] }] }));
      }),
      { numRuns: 500 },
    );
  });
});
