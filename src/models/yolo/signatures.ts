import { byName } from '../../source/by-name.js';
import * as nn from '../../torch/nn/index.js';
import * as blocks from './blocks.js';
import * as modules from './modules.js';
import type { Parameter } from './torch-layers.js';

export interface Block {
  /** Arguments after the input's and the output's channels, in order. */
  readonly takes: readonly Parameter[];
  /** Whether its repeats are an argument of its own, before the others, and not copies in a row. */
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
export const BLOCKS: Readonly<Record<string, Block>> = byName({
  Conv: {
    takes: [...KS, ['p', 'sizes?'], ['g', 'count?'], ['d', 'count?'], ['act', 'act']],
    make: modules.Conv,
  },
  DWConv: { takes: [...KS, ['d', 'count'], ['act', 'act']], make: modules.DWConv },
  DWConvTranspose2d: { takes: [...KS, ['p1', 'sizes'], ['p2', 'sizes']], make: modules.DWConvTranspose2d },
  'nn.ConvTranspose2d': {
    takes: [
      ['kernel_size', 'pair', 'required'],
      ['stride', 'pair'],
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
  C3SPP: { takes: [['k', 'counts'], ['n', 'repeats'], ...C3_TAKES], make: blocks.C3SPP },
});
