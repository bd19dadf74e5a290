import { expect, test } from 'vitest';
import { type ComparedModule, pairsOf } from '../../src/report/pairs.js';

interface Part extends ComparedModule<Part> {
  readonly path: string;
}

/** `name:Class(children)`, children separated by spaces. */
function tree(text: string): Part {
  let at = 0;
  const part = (above: string | null): Part => {
    const [, name = '', type = ''] = /^([^:]*):([^() ]*)/.exec(text.slice(at)) ?? [];
    const path = above ? `${above}.${name}` : name;
    at += name.length + 1 + type.length;
    const children: Part[] = [];
    if (text[at] === '(') {
      while (text[at] !== ')') {
        at++;
        children.push(part(above === null ? '' : path));
      }
      at++;
    }
    return { name, path, type, children };
  };
  return part(null);
}

const rows = (a: string, b: string) => pairsOf(tree(a), tree(b), 9).slice(1);

/** What stands for what, by paths of the two models. */
function pairs(a: string, b: string): string[] {
  return rows(a, b).flatMap(({ a: x, b: y }) => (x === null || y === null ? [] : [`${x.path} = ${y.path}`]));
}

const BLOCK = '(conv:Conv2d bn:BatchNorm2d relu:ReLU)';

test('modules of the same name stand for each other, of whatever class', () => {
  expect(pairs('m:A(conv:Conv2d head:Linear)', 'm:B(conv:QConv2d neck:Linear head:Mlp(fc:Linear))')).toEqual([
    'conv = conv',
    'head = head',
  ]);
});

test('without names in common, leaves of one class in the same order do', () => {
  expect(pairs('m:A(stem:Conv2d norm:BatchNorm2d fc:Linear)', 'm:B(c1:Conv2d act:ReLU n1:BatchNorm2d)')).toEqual([
    'stem = c1',
    'norm = n1',
  ]);
});

test('models that have nothing in common are not paired by place', () => {
  expect(pairs('m:A(a:Conv2d b:BatchNorm2d)', 'm:B(x:Linear y:LayerNorm)')).toEqual([]);
});

test('containers stand for each other only if what they hold is alike', () => {
  const stage = `(0:Bottleneck${BLOCK} 1:Bottleneck${BLOCK})`;
  const stages = `layer1:Sequential${stage} layer2:Sequential${stage}`;
  expect(
    pairs(`m:A(${stages})`, 'm:B(features:Sequential(0:Linear) classifier:Sequential(0:Dropout 1:Linear))'),
  ).toEqual([]);
  expect(pairs(`m:A(${stages})`, `m:B(act:ReLU stage1:Sequential${stage})`)[0]).toBe('layer1 = stage1');
});

test('numbers are places: the children of sequences are paired by class', () => {
  expect(
    pairs(
      'm:Sequential(0:Conv2d 1:ReLU 2:MaxPool2d 3:Linear)',
      'm:Sequential(0:Conv2d 1:ReLU 2:Conv2d 3:ReLU 4:MaxPool2d)',
    ),
  ).toEqual(['0 = 0', '1 = 1', '2 = 4']);
});

test('the two modules that hold most of both models stand for each other', () => {
  const llama =
    'm:Llama(model:LlamaModel(embed:Embedding layers:ModuleList(0:L(a:Linear b:Linear) 1:L(a:Linear b:Linear)) norm:RMSNorm) lm_head:Linear)';
  const gpt =
    'm:GPT2(transformer:GPT2Model(wte:Embedding h:ModuleList(0:B(c:Conv1D d:Conv1D) 1:B(c:Conv1D d:Conv1D)) ln_f:LayerNorm) lm_head:Linear)';
  expect(pairs(llama, gpt)).toEqual([
    'model = transformer',
    'model.embed = transformer.wte',
    'model.layers = transformer.h',
    'lm_head = lm_head',
  ]);
});

test('layers of lists are paired by what they hold, if their classes are named after the model', () => {
  const layers = (type: string, parts: string) => `m:A(layers:ModuleList(0:${type}(${parts}) 1:${type}(${parts})))`;
  const llama = layers('LlamaLayer', 'attn:Attention(q:Linear k:Linear) norm:RMSNorm');
  expect(pairs(llama, layers('MistralLayer', 'attn:Attention(q:Linear k:Linear) norm:RMSNorm'))).toContain(
    'layers.1 = layers.1',
  );
  expect(pairs(llama, layers('Stage', 'conv:Conv2d bn:BatchNorm2d'))).toEqual(['layers = layers']);
});

test('a class is the same with its module and without', () => {
  expect(pairs('m:A(x:torch.nn.modules.conv.Conv2d)', 'm:B(y:Conv2d)')).toEqual(['x = y']);
});

test('modules without a counterpart stand alone, where their model has them', () => {
  // `2` of the second model is a convolution, and `2` of the first a pooling.
  const found = rows('m:Sequential(0:Conv2d 1:ReLU 2:MaxPool2d)', 'm:Sequential(0:Conv2d 1:Tanh 2:ReLU 3:Conv2d)');
  expect(found.map(({ name, a, b }) => [name, a?.type ?? '', b?.type ?? ''].join(' '))).toEqual([
    '0 Conv2d Conv2d',
    '1  Tanh',
    '1 ReLU ReLU',
    '2 MaxPool2d ',
    '3  Conv2d',
  ]);
});
