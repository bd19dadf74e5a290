import { expect, test } from 'vitest';
import { readLink } from '../../app/state/link-text.js';

const KNOWN = { conventions: ['exact', 'thop'], views: ['layers', 'treemap', 'graph'] };
const read = (hash: string) => readLink(hash, KNOWN);

test('a link says a model, its sizes, and how it is looked at', () => {
  expect(
    read('#m=resnet50&in=input:batchx3x224x224;a%253Bb:1&b=batch:8;a%253Bb:2&as=thop&v=graph&dev=T4:float16'),
  ).toEqual({
    model: 'resnet50',
    inputs: { input: ['batch', '3', '224', '224'], 'a;b': ['1'] },
    bind: { batch: 8, 'a;b': 2 },
    convention: 'thop',
    view: 'graph',
    by: 'macs',
    focus: '',
    selected: null,
    other: null,
    device: { device: 'T4', peak: 'float16' },
    filter: '',
    grain: 'modules',
    sort: null,
    extra: null,
    wrong: [],
  });
  expect(read('')).toBeNull();
  expect(read('#v=graph')).toBeNull();
});

test.each([
  ['#m=resnet50&in=input:%25E0%25A4%25A', /the size of an input cannot be read: “input:%E0%A4%A”/],
  ['#m=resnet50&in=%25E0%25A4%25A:1', /the size of an input cannot be read/],
  ['#m=resnet50&b=%25E0%25A4%25A:1', /the size of a dimension cannot be read/],
  ['#m=resnet50&b=batch:x', /the size of a dimension cannot be read/],
  ['#m=resnet50&b=batch', /the size of a dimension cannot be read/],
  ['#m=resnet50&b=batch:-1', /the size of a dimension cannot be read/],
  ['#m=resnet50&as=nope', /there is no convention “nope”/],
  ['#m=resnet50&v=nope', /there is no view “nope”/],
  ['#m=resnet50&as=%1b%5b2J%e2%80%ae', /there is no convention “□\[2J□”/],
  ['#m=resnet50&q=1', /an unknown part “q”/],
])('%s: the rest holds, and what is broken is said', (hash, said) => {
  const link = read(hash);
  expect(link).toMatchObject({ model: 'resnet50', convention: 'exact', view: 'layers' });
  expect(link?.wrong).toHaveLength(1);
  expect(link?.wrong[0]).toMatch(said);
});

test('no text behind # is an exception; names are not prototypes', () => {
  for (const hash of [
    '#%',
    '#m=%',
    '#m=%E0%A4%A&in=%',
    `#m=x&in=${'a:1;'.repeat(2000)}`,
    '#m=x&b=__proto__:1&in=__proto__:1',
  ])
    expect(() => read(hash)).not.toThrow();
  expect(Object.entries(read('#m=x&b=__proto__:1')?.bind ?? {})).toEqual([['__proto__', 1]]);
});
