import type { Source } from '../../src/source/index.js';
import { memorySource } from '../../src/source/memory.js';
import * as p from '../wire/pickle-build.js';
import { zipOf } from '../wire/zip-build.js';

/** A small TorchScript archive: the code of `Net.forward`, more members of the class, more files, fields of the object. */
export interface Script {
  /** Lines of `forward`, without their indentation. */
  readonly body: string;
  /** Parameters of `forward` after `self`. */
  readonly takes?: string;
  readonly members?: string;
  /** Further classes and functions of the same file. */
  readonly beside?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, Uint8Array>>;
  readonly parameters?: readonly string[];
  readonly constants?: Uint8Array;
}

const indented = (text: string, by: number): string =>
  text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');

export function archiveOf(script: Script): Uint8Array {
  const { body, takes = 'x: Tensor', members = '', beside = '', files = {}, fields = {}, constants } = script;
  const names = (script.parameters ?? []).map((name) => `"${name}", `).join('');
  const code = `class Net(Module):
  __parameters__ = [${names}]
  __buffers__ = []
  training : bool
${indented(members, 2)}
  def forward(self: __torch__.Net,
    ${takes}) -> Tensor:
${indented(body, 4)}
${beside}
`;
  return zipOf([
    {
      name: 'net/data.pkl',
      data: p.pickle(p.instance(p.global('__torch__', 'Net'), p.dict({ training: p.bool(false), ...fields }))),
    },
    { name: 'net/code/__torch__.py', data: code, deflate: true },
    ...Object.entries(files).map(([name, data]) => ({ name: `net/code/${name}`, data })),
    ...(constants === undefined ? [] : [{ name: 'net/constants.pkl', data: constants }]),
    { name: 'net/version', data: '3\n' },
  ]);
}

export const sourceOf = (script: Script): Source => memorySource(archiveOf(script), { name: 'net.pt' });
