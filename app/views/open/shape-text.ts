/** An input that has to be told the shape of: its name, where it has one, and the shape as far as it is known. */
export interface Wanted {
  readonly name: string;
  readonly shape: string;
}

/** The input that a hint of the command line names: `--input x=1x3x224x224`. */
export function named(hint: string): Wanted | null {
  const found = /--input ([\w./:-]+)=([\w×]+)/.exec(hint);
  return found === null ? null : { name: found[1] as string, shape: (found[2] as string).replace(/x/g, ', ') };
}

/** Arguments of the last `forward` in a source, and the shapes that the source itself tries its model on. */
export function inputsIn(text: string): Wanted[] {
  const tried = [...text.matchAll(/torch\.(?:randn|rand|zeros|ones|empty)\(\s*\(?\[?\s*(\d[\d\s,]*)/g)].map((m) =>
    (m[1] as string).trim().replace(/[\s,]+$/, ''),
  );
  const forwards = [...text.matchAll(/def forward\(\s*self\s*,?([^)]*)\)/g)];
  const names = (forwards.at(-1)?.[1] ?? '')
    .split(',')
    .map((argument) => argument.trim())
    .filter((argument) => argument !== '' && !argument.startsWith('*') && !argument.includes('='))
    .map((argument) => argument.replace(/:.*$/, '').trim());
  const inputs = names.length > 0 ? names : tried.slice(0, 1).map(() => '');
  return inputs.map((name, i) => ({ name, shape: tried[i] ?? (i === 0 ? (tried[0] ?? '') : '') }));
}

/** `1x3x224x224`, `1,3,224,224`, `(1, 3, 224, 224)`, `batch × 3 × 32 × 32`: numbers and names; null for anything else. */
export function extentsOf(text: string): string[] | null {
  const plain = text.trim().replace(/^[([{]|[)\]}]$/g, '');
  if (plain === '') return null;
  const parts = /[,;×*]|\s/.test(plain)
    ? plain.split(/\s*[,;×*]\s*|\s+x\s+|\s+/)
    : plain.split(/(?<=\d)x(?=\w)|(?<=\w)x(?=\d)/);
  const some = parts.map((part) => part.trim()).filter((part) => part !== '');
  return some.length > 0 && some.every((part) => /^(\d+|[A-Za-z_]\w*)$/.test(part)) ? some : null;
}
