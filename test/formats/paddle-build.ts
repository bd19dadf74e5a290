/** Small ProgramDescs, as protobuf writes them. */

function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...out, Number(rest)];
    out.push(Number(rest & 127n) | 128);
  }
}
const int = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...value,
];
const text = (field: number, value: string): number[] => bytes(field, [...new TextEncoder().encode(value)]);
const float = (field: number, value: number): number[] => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export function variable(name: string, shape: readonly number[], stored = false, type = 5): number[] {
  const tensor = [...int(1, type), ...shape.flatMap((d) => int(2, d))];
  return [...text(1, name), ...bytes(2, [...int(1, 7), ...bytes(3, bytes(1, tensor))]), ...int(3, Number(stored))];
}

type Attribute = number | boolean | string | readonly number[] | { readonly block: number };
/** A list of tensors, which nothing may have been written to yet. */
export function listVariable(name: string): number[] {
  return [...text(1, name), ...bytes(2, int(1, 13)), ...int(3, 0)];
}

type Slots = Readonly<Record<string, readonly string[]>>;

function attribute(name: string, value: Attribute): number[] {
  const head = text(1, name);
  if (typeof value === 'string') return [...head, ...int(2, 2), ...text(5, value)];
  if (typeof value === 'boolean') return [...head, ...int(2, 6), ...int(10, Number(value))];
  if (typeof value === 'number') return [...head, ...int(2, 0), ...int(3, value)];
  if ('block' in value) return [...head, ...int(2, 8), ...int(12, value.block)];
  // Factors are floats, everything else that is a list counts.
  if (name === 'scale') return [...head, ...int(2, 4), ...value.flatMap((v) => float(7, v))];
  return [...head, ...int(2, 3), ...value.flatMap((v) => int(6, v))];
}

export function op(type: string, ins: Slots, outs: Slots, attrs: Readonly<Record<string, Attribute>> = {}): number[] {
  const slots = (field: number, named: Slots): number[] =>
    Object.entries(named).flatMap(([slot, values]) =>
      bytes(field, [...text(1, slot), ...values.flatMap((v) => text(2, v))]),
    );
  return [
    ...slots(1, ins),
    ...slots(2, outs),
    ...text(3, type),
    ...Object.entries(attrs).flatMap(([name, value]) => bytes(4, attribute(name, value))),
  ];
}

export function block(variables: readonly number[][], ops: readonly number[][]): number[] {
  return [...int(1, 0), ...int(2, -1), ...variables.flatMap((v) => bytes(3, v)), ...ops.flatMap((o) => bytes(4, o))];
}

export function program(...blocks: readonly number[][]): Uint8Array {
  return Uint8Array.from([...blocks.flatMap((b) => bytes(1, b)), ...bytes(4, int(1, 2_000_002))]);
}

/** A type in PIR's JSON. */
const typed = (shape: readonly number[], type = 'f32') => ({
  TT: { '#': '0.t_dtensor', D: [{ '#': `0.t_${type}` }, shape, 'NCHW', [], 0] },
});

type PirAttribute = number | boolean | string | readonly number[];

/** Operators of PIR, by the keys of its JSON. */
export const pir = {
  weight: (id: number, name: string, shape: readonly number[]) => ({
    '#': 'p',
    A: [0, 1, 1, name],
    O: { '%': id, ...typed(shape) },
  }),
  op: (
    name: string,
    ins: readonly number[],
    outs: Readonly<Record<number, readonly number[]>>,
    attrs: Readonly<Record<string, PirAttribute>> = {},
    regions: readonly unknown[] = [],
  ) => ({
    '#': name,
    A: Object.entries(attrs).map(([N, value]) => ({ N, AT: { '#': '', D: value } })),
    I: ins.map((id) => ({ '%': id })),
    O: Object.entries(outs).map(([id, shape]) => ({ '%': Number(id), ...typed(shape) })),
    ...(regions.length === 0 ? {} : { regions }),
  }),
  region: (args: Readonly<Record<number, readonly number[]>>, ops: readonly unknown[]) => ({
    '#': 'region',
    blocks: [
      { '#': 'block', args: Object.entries(args).map(([id, shape]) => ({ '#': Number(id), ...typed(shape) })), ops },
    ],
  }),
  program: (...ops: readonly unknown[]): string =>
    JSON.stringify({
      base_code: { magic: 'pir', trainable: true, version: 1 },
      program: { regions: [{ '#': 'region_0', blocks: [{ '#': 'block_0', args: [], ops }] }] },
    }),
};
