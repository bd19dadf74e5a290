import * as nn from '../../torch/nn/index.js';
import * as blocks from './blocks.js';
import { MAX_CHANNELS, MAX_LIST } from './config.js';
import { isLayer, type Value } from './literals.js';
import * as modules from './modules.js';

/** What an argument may be, and the words for it in an error. */
const KINDS = {
  count: ['a whole number from 1', (v: Value): boolean => isCount(v)],
  size: ['a whole number from 0', (v: Value): boolean => v === 0 || isCount(v)],
  'count?': ['a whole number from 1, or None', (v: Value): boolean => v === null || isCount(v)],
  ratio: ['a number above 0', (v: Value): boolean => typeof v === 'number' && v > 0 && v <= MAX_CHANNELS],
  flag: ['True or False', (v: Value): boolean => typeof v === 'boolean' || v === 0 || v === 1],
  pair: ['a whole number from 1, or two', (v: Value): boolean => isCount(v) || isPair(v, isCount)],
  sizes: ['a whole number from 0, or two', (v: Value): boolean => isSize(v) || isPair(v, isSize)],
  'sizes?': [
    'a whole number from 0, two, or None',
    (v: Value): boolean => v === null || isSize(v) || isPair(v, isSize),
  ],
  counts: [
    'a list of whole numbers from 1',
    (v: Value): boolean => Array.isArray(v) && v.length > 0 && v.length <= MAX_LIST && v.every(isCount),
  ],
  act: ['True, False or a layer', (v: Value): boolean => typeof v === 'boolean' || isLayer(v)],
} as const satisfies Record<string, readonly [string, (v: Value) => boolean]>;
export type Kind = keyof typeof KINDS;

function isCount(v: Value | undefined): boolean {
  return typeof v === 'number' && Number.isInteger(v) && v >= 1 && v <= MAX_CHANNELS;
}
function isSize(v: Value | undefined): boolean {
  return v === 0 || isCount(v);
}
function isPair(v: Value, each: (v: Value | undefined) => boolean): boolean {
  return Array.isArray(v) && v.length === 2 && v.every((part) => each(part as Value));
}

/** What is wrong with an argument of that kind; null where nothing is. */
export function wrong(kind: Kind, value: Value): string | null {
  const [words, fits] = KINDS[kind];
  return fits(value) ? null : `expected ${words}, found ${show(value)}`;
}

export function show(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (Array.isArray(value)) return `[${value.map((v) => show(v as Value)).join(', ')}]`;
  return isLayer(value) ? (value.constructor as { name: string }).name : String(value);
}

export interface Block {
  /** Arguments behind the input's and the output's channels, in order. */
  readonly takes: readonly (readonly [name: string, kind: Kind])[];
  /** Whether its repeats are an argument of its own, in front of the others, and not copies in a row. */
  readonly repeats?: true;
  readonly make: new (c1: number, c2: number, ...checked: never[]) => nn.AnyModule;
}

const C3_TAKES = [
  ['shortcut', 'flag'],
  ['g', 'count'],
  ['e', 'ratio'],
] as const;
const KS = [
  ['k', 'pair'],
  ['s', 'pair'],
] as const;

/** Blocks that map c1 channels to c2, by the names that YOLOv5 gives them. */
export const BLOCKS: Readonly<Record<string, Block>> = {
  Conv: {
    takes: [...KS, ['p', 'sizes?'], ['g', 'count?'], ['d', 'count?'], ['act', 'act']],
    make: modules.Conv,
  },
  DWConv: { takes: [...KS, ['d', 'count'], ['act', 'act']], make: modules.DWConv },
  DWConvTranspose2d: { takes: [...KS, ['p1', 'sizes'], ['p2', 'sizes']], make: modules.DWConvTranspose2d },
  'nn.ConvTranspose2d': {
    takes: [
      ...KS,
      ['padding', 'sizes'],
      ['output_padding', 'sizes'],
      ['groups', 'count'],
      ['bias', 'flag'],
      ['dilation', 'pair'],
    ],
    make: nn.ConvTranspose2d as unknown as Block['make'],
  },
  GhostConv: { takes: [...KS, ['g', 'count'], ['act', 'act']], make: blocks.GhostConv },
  Bottleneck: { takes: C3_TAKES, make: modules.Bottleneck },
  GhostBottleneck: {
    takes: [
      ['k', 'count'],
      ['s', 'count'],
    ],
    make: blocks.GhostBottleneck,
  },
  SPP: { takes: [['k', 'counts']], make: blocks.SPP },
  SPPF: { takes: [['k', 'count']], make: blocks.SPPF },
  MixConv2d: {
    takes: [
      ['k', 'counts'],
      ['s', 'count'],
      ['equal_ch', 'flag'],
    ],
    make: blocks.MixConv2d,
  },
  Focus: { takes: [...KS, ['p', 'sizes?'], ['g', 'count'], ['act', 'act']], make: blocks.Focus },
  CrossConv: {
    takes: [
      ['k', 'count'],
      ['s', 'count'],
      ['g', 'count'],
      ['e', 'ratio'],
      ['shortcut', 'flag'],
    ],
    make: modules.CrossConv,
  },
  BottleneckCSP: { takes: C3_TAKES, repeats: true, make: modules.BottleneckCSP },
  C3: { takes: C3_TAKES, repeats: true, make: blocks.C3 },
  C3x: { takes: C3_TAKES, repeats: true, make: blocks.C3x },
  C3TR: { takes: C3_TAKES, repeats: true, make: blocks.C3TR },
  C3Ghost: { takes: C3_TAKES, repeats: true, make: blocks.C3Ghost },
  C3SPP: { takes: [['k', 'counts'], ['n', 'count'], ...C3_TAKES], make: blocks.C3SPP },
};
