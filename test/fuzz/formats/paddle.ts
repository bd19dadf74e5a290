import { block, op, program, variable } from '../../formats/paddle-build.js';
import { branchProgram, listProgram, pirBranch, pirList, pirLoop } from '../../formats/paddle-control-build.js';
import { mutateJson } from '../json.js';
import { mutateProtobuf } from '../protobuf.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes } from '../text.js';

const NET = program(
  block(
    [
      variable('x', [-1, 3, 16, 16]),
      variable('w', [8, 3, 3, 3], true),
      variable('s', [8], true),
      variable('f', [8, 10], true),
    ],
    [
      op('feed', { X: ['feed'] }, { Out: ['x'] }),
      op(
        'conv2d',
        { Filter: ['w'], Input: ['x'] },
        { Output: ['c'] },
        { strides: [2, 2], paddings: [1, 1], groups: 1, data_format: 'NCHW' },
      ),
      op('batch_norm', { Bias: ['s'], Mean: ['s'], Scale: ['s'], Variance: ['s'], X: ['c'] }, { Y: ['n'] }),
      op('nearest_interp_v2', { X: ['n'] }, { Out: ['u'] }, { out_h: -1, out_w: -1, scale: [2, 2] }),
      op('pool2d', { X: ['u'] }, { Out: ['p'] }, { pooling_type: 'avg', adaptive: true, ksize: [1, 1] }),
      op('shape', { Input: ['p'] }, { Out: ['sh'] }),
      op('slice', { Input: ['sh'] }, { Out: ['b'] }, { axes: [0], starts: [0], ends: [1], decrease_axis: [0] }),
      op('fill_constant', {}, { Out: ['k'] }, { shape: [1], str_value: '-1', dtype: 2 }),
      op('reshape2', { X: ['p'], ShapeTensor: ['b', 'k'] }, { Out: ['r'], XShape: ['xs'] }, { shape: [-1, -1] }),
      op('mul', { X: ['r'], Y: ['f'] }, { Out: ['m'] }, { x_num_col_dims: 1, y_num_col_dims: 1 }),
      op('split', { X: ['m'] }, { Out: ['m0', 'm1'] }, { axis: 1, num: 2, sections: [] }),
      op('concat', { X: ['m0', 'm1'] }, { Out: ['cc'] }, { axis: 0 }),
      op('softmax', { X: ['cc'] }, { Out: ['y'] }, { axis: -1 }),
      op('fetch', { X: ['y'] }, { Out: ['fetch'] }),
    ],
  ),
);

const type = (shape: readonly number[]) => ({ '#': '0.t_dtensor', D: [{ '#': '0.t_f32' }, shape, 'NCHW', [], 0] });
const PIR = {
  base_code: { magic: 'pir', trainable: true, version: 1 },
  program: {
    regions: [
      {
        '#': 'region_0',
        blocks: [
          {
            '#': 'block_0',
            args: [],
            ops: [
              { '#': 'p', A: [0, 1, 1, 'w'], O: { '%': 1, TT: type([8, 3, 3, 3]) } },
              {
                '#': '1.data',
                A: [{ N: 'name', AT: { '#': '0.a_str', D: 'x' } }],
                I: [],
                O: [{ '%': 2, TT: type([-1, 3, 8, 8]) }],
              },
              {
                '#': '1.conv2d',
                A: [
                  {
                    N: 'strides',
                    AT: {
                      '#': '0.a_array',
                      D: [
                        { '#': '0.a_i32', D: 2 },
                        { '#': '0.a_i32', D: 2 },
                      ],
                    },
                  },
                  {
                    N: 'paddings',
                    AT: {
                      '#': '0.a_array',
                      D: [
                        { '#': '0.a_i32', D: 1 },
                        { '#': '0.a_i32', D: 1 },
                      ],
                    },
                  },
                  { N: 'struct_name', AT: { '#': '0.a_str', D: '/Net/Conv2D/' } },
                ],
                I: [{ '%': 2 }, { '%': 1 }],
                O: [{ '%': 3, TT: type([-1, 8, 4, 4]) }],
              },
              { '#': '0.combine', A: [], I: [{ '%': 3 }, { '%': 3 }], O: [{ '%': 4, TT: { '#': '0.t_vec', D: [] } }] },
              {
                '#': '1.full',
                A: [
                  { N: 'shape', AT: { '#': '1.a_intarray', D: [1] } },
                  { N: 'value', AT: { '#': '0.a_f64', D: 1 } },
                ],
                I: [],
                O: [{ '%': 5, TT: type([1]) }],
              },
              { '#': '1.concat', A: [], I: [{ '%': 4 }, { '%': 5 }], O: [{ '%': 6, TT: type([-1, 16, 4, 4]) }] },
              { '#': '1.fetch', A: [], I: [{ '%': 6 }], O: [{ '%': 7, TT: type([-1, 16, 4, 4]) }] },
            ],
          },
        ],
      },
    ],
  },
};

/** A small network as a ProgramDesc and in PIR. */
const paddle: FuzzFormat = {
  id: 'paddle',
  seeds: () => [
    { name: 'inference.pdmodel', bytes: NET },
    { name: 'branch.pdmodel', bytes: branchProgram(null) },
    { name: 'list.pdmodel', bytes: listProgram(3) },
    { name: 'inference.json', bytes: encode(JSON.stringify(PIR)) },
    { name: 'loop.json', bytes: encode(pirLoop(3)) },
    { name: 'branch.json', bytes: encode(pirBranch()) },
    { name: 'list.json', bytes: encode(pirList(3)) },
  ],
  mutations: [mutateProtobuf, onBytes(mutateJson)],
};

export default paddle;
