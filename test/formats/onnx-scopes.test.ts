import { expect, test } from 'vitest';
import { emptyNode } from '../../src/formats/onnx/empty.js';
import type { GraphProto, NodeProto } from '../../src/formats/onnx/schema.js';
import { scopesOf } from '../../src/formats/onnx/scopes.js';

/** Paths of the modules around each node, by the names of the nodes. */
function pathsOf(names: readonly string[]): string[][] {
  const node = names.map((name): NodeProto => ({ ...emptyNode(), name, opType: 'Relu' }));
  const { of } = scopesOf({ node } as unknown as GraphProto);
  return node.map((n) => of(n).map((part) => part.path));
}

test('modules stand in the names of nodes, those of a container behind a dot', () => {
  expect(pathsOf(['/layer1/layer1.0/conv1/Conv', 'features/features.3/Relu'])).toEqual([
    ['layer1', 'layer1.0', 'layer1.0.conv1'],
    ['features', 'features.3'],
  ]);
});

test('a scope is that of the name, whatever name came before', () => {
  const names = [
    '/a/b/c/Op',
    '/a/bc/Op',
    '/a/b/Op',
    '/a/b/c/d/Op',
    '/Op',
    'Op',
    '/a/b/Op',
    '/a/b/Op',
    '//a/Op',
    'a//b/Op',
  ];
  const alone = names.map((name) => pathsOf([name, 'x/y/Op', 'x/y/Op'])[0]);
  expect(pathsOf(names)).toEqual(alone);
  expect(alone.slice(0, 4)).toEqual([
    ['a', 'a.b', 'a.b.c'],
    ['a', 'a.bc'],
    ['a', 'a.b'],
    ['a', 'a.b', 'a.b.c', 'a.b.c.d'],
  ]);
});

test('modules within modules have a bound', () => {
  const deep = (n: number): string => `${'m/'.repeat(n)}Op`;
  expect(pathsOf([deep(200)])[0]).toHaveLength(200);
  expect(() => pathsOf([deep(201)])).toThrow('201 modules deep');
});
