import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readModel } from '../../src/formats/onnx/model.js';
import { RelativeScopes } from '../../src/formats/relative-scopes.js';
import { memorySource } from '../../src/source/memory.js';

type Node = readonly [scope: string, ...weights: string[]];

/** Paths of the modules around each node; a scope is `path:Class` for each module, with spaces between. */
function pathsOf(nodes: readonly Node[]): string[] {
  const relative = new RelativeScopes();
  const scopes = nodes.map(([scope]) =>
    scope.split(' ').map((part) => {
      const [path = '', type = ''] = part.split(':');
      return { path, type };
    }),
  );
  for (const [i, [, ...weights]] of nodes.entries()) relative.look(scopes[i] ?? [], weights);
  return scopes.map((scope) => relative.paths(scope).join(' '));
}

test('a name that the weights below it continue from the parent is relative, a path of another module is not', () => {
  expect(
    pathsOf([
      ['model.0:Conv conv:Conv2d', 'x', 'model.0.conv.weight'],
      ['model.1:Conv conv:Conv2d', 'model.1.conv.weight'],
      ['model.2:Block shared:Linear', 'shared.weight'],
    ]),
  ).toEqual(['model.0 model.0.conv', 'model.1 model.1.conv', 'model.2 shared']);
});

test('a name without weights is relative below classes that have relative names, unless it begins like a path', () => {
  expect(
    pathsOf([
      ['model.0:Conv act:SiLU'],
      ['model.0:Conv conv:Conv2d', 'model.0.conv.weight'],
      ['model.1:Conv act:SiLU'],
      ['model.2:Conv head:Identity'],
      ['model.3:Other act:SiLU'],
      ['model.4:Conv model.9:Identity'],
      ['head:Linear', 'head.weight'],
    ]),
  ).toEqual([
    'model.0 model.0.act',
    'model.0 model.0.conv',
    'model.1 model.1.act',
    'model.2 head',
    'model.3 act',
    'model.4 model.9',
    'head',
  ]);
});

test('what lies below a relative name lies below its path, however it is named', () => {
  expect(
    pathsOf([
      ['model.0:Conv act:Sequential act.0:Linear', 'model.0.act.0.weight'],
      ['model.1:Conv act:Sequential 0:Linear', 'model.1.act.0.weight'],
    ]),
  ).toEqual(['model.0 model.0.act model.0.act.0', 'model.1 model.1.act model.1.act.0']);
});

test('a detector of folded batch norms has each convolution at its own path', () => {
  const file = readFileSync(new URL('../fixtures/onnx/yolov5s.dynamo.dyn.onnx', import.meta.url));
  const ledger = readModel(memorySource(new Uint8Array(file)));
  const convolutions = ledger.entries.filter((e) => e.op === 'conv');
  expect(convolutions).toHaveLength(60);
  for (const { call, inputs } of convolutions) expect(inputs[1]?.weight?.name).toBe(`${call.path}.weight`);
});
