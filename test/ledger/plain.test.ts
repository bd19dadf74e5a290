import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Dim, Expr, sym } from '../../src/dim/index.js';
import { type Ledger, mapLedger, reviveLedger, Trace } from '../../src/ledger/index.js';
import { profile, read } from '../../src/node.js';
import { conv } from '../../src/ops/index.js';
import { toJson } from '../../src/report/index.js';
import type { TensorType } from '../../src/tensor/index.js';
import * as nn from '../../src/torch/nn/index.js';
import { bindLedger, bindPinned, refusal } from '../../src/transforms/index.js';
import { graph, ints, model, node } from '../formats/onnx-build.js';

const FIXTURES = new URL('../fixtures/', import.meta.url);
/** Scripted code does not say the shapes of its inputs: those that take an image are read with one. */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  onnx: /\.onnx$/,
  pt2: /\.pt2$/,
  torchscript: /\.trace\.(pt|nograd)|^(resnet50|alexnet|swin_t|timm_\w+|train)\.script\./,
  pth: /\.(pth|bin|pt)$/,
  safetensors: /\.safetensors$/,
};
const FILES = Object.entries(FOLDERS).flatMap(([folder, wanted]) =>
  readdirSync(new URL(`${folder}/`, FIXTURES))
    .filter((file) => wanted.test(file))
    .map((file) => `${folder}/${file}`),
);

const ledgerOf = (file: string): Promise<Ledger> =>
  read(fileURLToPath(new URL(file, FIXTURES)), file.includes('.script.') ? { inputs: [[1, 3, 224, 224]] } : {});

/** What is not plain data; every object that is gets frozen, so that whatever changes it from now on throws. */
function freeze(root: object): string[] {
  const strange: string[] = [];
  const seen = new Set<object>([root]);
  const stack: object[] = [root];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at instanceof Expr) continue; // a formula: frozen when it is made
    const prototype = Object.getPrototypeOf(at);
    if (![Object.prototype, Array.prototype, Map.prototype, null].includes(prototype))
      strange.push(`an instance of ${prototype.constructor.name}`);
    for (const [key, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined) strange.push(`a getter ${key}`);
      if (typeof value === 'function') strange.push(`a function ${key}`);
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      stack.push(value);
    }
    Object.freeze(at);
  }
  return strange;
}

const jsonOf = async (ledger: Ledger): Promise<string> => toJson(await profile(ledger, { by: 'node' }));

describe('a ledger is frozen plain data', () => {
  test.each(FILES)('%s', async (file) => {
    const ledger = await ledgerOf(file);
    expect(Object.isFrozen(ledger)).toBe(true);
    expect(freeze(ledger)).toEqual([]);
    const json = await jsonOf(ledger);
    expect(await jsonOf(reviveLedger(structuredClone(ledger)))).toBe(json);
    expect(await jsonOf(mapLedger(ledger, {}))).toBe(json);
  });

  test('a constant that no rule asked for is settled before the file is closed', async () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    const bytes = model(
      graph({
        nodes: [node('Add', ['x', 'table'], ['y'])],
        inputs: { x: ['batch', 100] },
        outputs: ['y'],
        initializers: [ints('table', [100], values)],
      }),
    );
    const ledger = await read(new Blob([bytes as BlobPart]), { bind: { batch: 3 } });
    expect(ledger.outputs[0]?.value.type?.shape).toEqual([3, 100]);
    expect(freeze(ledger)).toEqual([]);
    expect(structuredClone(ledger).entries[0]?.inputs[1]?.type).toEqual({ dtype: 'int64', shape: [100] });
  });
});

describe('what a model requires of its free dimensions', () => {
  class Net extends nn.Module {
    readonly conv = new nn.Conv2d(3, 8, 5);
    readonly fc = new nn.Linear(8 * 4 * 4, 10);
    override forward(x: nn.Tensor): nn.Tensor {
      return this.fc(this.conv(x).flatten(1));
    }
  }
  const ledger = nn.readModule(new Net() as unknown as nn.AnyModule, [{ shape: [sym('n'), sym('c'), sym('h'), 8] }]);

  test('travels with the ledger', () => {
    const [channels, window] = ledger.constraints;
    expect(channels).toMatchObject({ kind: 'equal', right: 3 });
    expect(window).toMatchObject({ kind: 'at-least', least: 0 });
  });

  test('is checked when a number is put in', () => {
    const wrong = refusal(ledger, new Map([['c', 4]]));
    expect(wrong?.message).toMatch(/channels/);
    expect(() => bindLedger(ledger, new Map([['h', 3]]))).toThrow(/cannot run at h = 3.*window of 5/);
    expect(() => bindLedger(ledger, new Map([['h', 9]]))).toThrow(/cannot run at h = 9.*features/);
    expect(refusal(ledger, new Map([['n', 7]]))).toBeNull();
  });

  test('pins what has one value', () => {
    const pinned = bindPinned(ledger);
    expect(pinned.inputs[0]?.value.type?.shape.map(String)).toEqual(['n', '3', '8', '8']);
    expect(pinned.notes.map((note) => note.code)).toEqual(['pinned', 'pinned']);
  });

  test('a ViT at any height and width is one at 224', async () => {
    const free = await profile('vit_b_32', { inputs: [['n', 3, 'h', 'w']] });
    expect(free.inputs[0]?.shape).toEqual(['n', 3, 224, 224]);
    expect(Object.keys(free.symbols)).toEqual(['n']);
  });

  test('what may not happen requires nothing', () => {
    const model = new Net() as unknown as nn.AnyModule;
    const x: TensorType = { dtype: 'float32', shape: [1, sym('c'), 8, 8] };
    const w: TensorType = { dtype: 'float32', shape: [8, 3, 5, 5] };
    const required = (times: Dim): number => {
      const trace = new Trace();
      trace.collecting(() => trace.repeated(times, () => conv(x, w, null)));
      return trace.constraints.length;
    };
    expect(nn.readModule(model, [{ shape: [1, 3, 8, 8] }]).constraints).toEqual([]);
    expect([required(2), required(sym('k')), required(sym('then', { min: 0, max: 1 }))]).toEqual([1, 1, 0]);
  });
});
