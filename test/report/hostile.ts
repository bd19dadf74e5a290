import { node, tensor, tensorType, valueInfo } from '../formats/onnx-build.js';
import { int, join, len } from '../wire/encode.js';

/** Everything that must not reach a screen as it is, in one name, with markup and a forged line of ours behind it. */
export const NASTY =
  '\u001b[2J\u0007\u009b31m\u202eevil\u202c\u2066\u200b\u00ad\ufeff\u2028\u{e0041}\u3164\u2800\r\nerror: forged\ttab';
export const MARKUP = '=1+1|`x`[a](https://evil.example)<img src=x onerror=alert(1)>&lt;@team_*~';

/** Characters that steer or hide; a line's own end is the renderer's. */
export const RAW = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u3164\u2800]/u;

/** A model with such names wherever a file can have one: modules, nodes, tensors, operators, dimensions, producer, files. */
export function nastyModel(): Uint8Array {
  const name = (text: string): string => `${MARKUP}${text}${NASTY}`;
  // With control characters there it is not taken for ONNX.
  const calm = (text: string): string => [...name(text)].filter((c) => c >= ' ').join('');
  return join(
    int(1, 8),
    len(2, calm('producer')),
    len(3, calm('version')),
    len(
      7,
      ...[
        node('Conv', [name('x'), name('w')], ['y'], len(3, `/${name('layer')}/${name('conv')}/Conv`)),
        node('Relu', ['y'], ['z'], len(3, `/${name('layer')}/act/Relu`)),
        node(name('Odd'), ['z'], ['o'], len(3, name('node')), len(7, name('domain'))),
        node('Add', ['z', 'z'], [name('out')], len(3, '')),
      ].map((n) => len(1, n)),
      len(2, name('graph')),
      len(5, tensor(name('w'), [4, 3, 3, 3], 1)),
      len(11, valueInfo(name('x'), tensorType(1, [name('batch'), 3, name('height'), 16]))),
      len(12, len(1, name('out'))),
      len(12, len(1, 'o')),
    ),
    len(8, int(2, 17)),
    len(8, len(1, name('domain')), int(2, 1)),
  );
}
