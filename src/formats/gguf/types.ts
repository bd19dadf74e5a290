import { byName } from '../../source/by-name.js';
import type { DType } from '../../tensor/index.js';

/** How ggml stores a tensor: blocks of this many values in this many bytes, scales among them. */
export interface TensorType {
  readonly name: string;
  /** Values of a block; the first dimension of a tensor is a multiple of it. */
  readonly block: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** The type of one value, without what the block has beside it. */
  readonly dtype: DType;
}

/** By id in the file. Layouts of ggml's `ggml-common.h`; numbers that are missing were taken back from the format. */
const TABLE = `
0 F32 1 4 float32
1 F16 1 2 float16
2 Q4_0 32 18 uint4
3 Q4_1 32 20 uint4
6 Q5_0 32 22 uint5
7 Q5_1 32 24 uint5
8 Q8_0 32 34 int8
9 Q8_1 32 36 int8
10 Q2_K 256 84 uint2
11 Q3_K 256 110 uint3
12 Q4_K 256 144 uint4
13 Q5_K 256 176 uint5
14 Q6_K 256 210 uint6
15 Q8_K 256 292 int8
16 IQ2_XXS 256 66 uint2
17 IQ2_XS 256 74 uint2
18 IQ3_XXS 256 98 uint3
19 IQ1_S 256 50 uint1
20 IQ4_NL 32 18 uint4
21 IQ3_S 256 110 uint3
22 IQ2_S 256 82 uint2
23 IQ4_XS 256 136 uint4
24 I8 1 1 int8
25 I16 1 2 int16
26 I32 1 4 int32
27 I64 1 8 int64
28 F64 1 8 float64
29 IQ1_M 256 56 uint1
30 BF16 1 2 bfloat16
34 TQ1_0 256 54 uint2
35 TQ2_0 256 66 uint2
39 MXFP4 32 17 float4e2m1
40 NVFP4 64 36 float4e2m1
41 Q1_0 128 18 uint1
42 Q2_0 64 18 uint2`;

/** Types that older programs wrote and that the format no longer has. */
const REMOVED: Readonly<Record<string, string>> = byName({
  4: 'Q4_2',
  5: 'Q4_3',
  31: 'Q4_0_4_4',
  32: 'Q4_0_4_8',
  33: 'Q4_0_8_8',
  36: 'IQ4_NL_4_4',
  37: 'IQ4_NL_4_8',
  38: 'IQ4_NL_8_8',
});

const TYPES: ReadonlyMap<number, TensorType> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const [id, name, block, bytes, dtype] = line.split(' ') as [string, string, string, string, DType];
      return [Number(id), { name, block: Number(block), bytes: Number(bytes), dtype }] as const;
    }),
);

export function tensorType(id: number): TensorType | undefined {
  return TYPES.get(id);
}

/** The name of a type that was taken back, for messages. */
export function removedType(id: number): string | undefined {
  return REMOVED[id];
}
