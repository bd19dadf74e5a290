import { useEffect, useState } from 'preact/hooks';
import type { Failure, Origin, Slot } from '../../worker/protocol.js';

interface SettleProps {
  readonly origin: Origin;
  readonly slot: Slot;
  readonly hint: string;
  readonly open: (origin: Origin, slot: Slot, inputs: Readonly<Record<string, readonly string[]>>) => void;
}

/** Whether a model that could not be opened only needs to be told what to build, or on what. */
export function needsTelling(origin: Origin, { message, hint }: Failure): boolean {
  if (hint?.includes('--input') === true) return true;
  // A program that is no Python, lacks a package, broke its interpreter or ran out of what it may take: no shape helps.
  if (/\b(Syntax|Indentation|Tab|Import|ModuleNotFound)Error: /.test(message)) return false;
  return isSource(origin) && !/report it|time|memory/i.test(hint ?? '');
}

function isSource(origin: Origin): origin is Extract<Origin, { kind: 'files' }> {
  return origin.kind === 'files' && /\.py$/i.test(origin.main);
}

interface Wanted {
  readonly name: string;
  readonly shape: string;
}

/** What a source, or a graph without shapes, does not say by itself: which model, and the shape of each input. */
export function Settle({ origin, slot, hint, open }: SettleProps) {
  const source = isSource(origin);
  const [target, setTarget] = useState((origin.kind === 'files' && origin.target) || '');
  const [wanted, setWanted] = useState<readonly Wanted[]>(() => [named(hint) ?? { name: '', shape: '' }]);
  useEffect(() => {
    if (!isSource(origin)) return;
    let live = true;
    void origin.files
      .find(({ path }) => path === origin.main)
      ?.file.text()
      .then((text) => {
        if (!live) return;
        const found = inputsIn(text);
        if (found.length > 0) setWanted(found);
      });
    return () => {
      live = false;
    };
  }, [origin]);
  const read = wanted.map(({ shape }) => extentsOf(shape));
  const ready = read.every((extents, i) => extents !== null || (wanted.length > 1 && wanted[i]?.shape.trim() === ''));
  return (
    <form
      class="settle"
      onSubmit={(event) => {
        event.preventDefault();
        const inputs = Object.fromEntries(read.flatMap((extents, i) => (extents === null ? [] : [[`#${i}`, extents]])));
        const told = source && target.trim() !== '' ? { ...origin, target: target.trim() } : origin;
        open(told, slot, inputs);
      }}
    >
      {source && (
        <label>
          model{' '}
          <input
            value={target}
            placeholder="Net(10)"
            spellcheck={false}
            onInput={(event) => setTarget(event.currentTarget.value)}
          />
          <small>its class or function; may stay empty where there is only one</small>
        </label>
      )}
      {wanted.map(({ name, shape }, i) => (
        <label key={i}>
          {wanted.length > 1 || name !== '' ? `shape of ${name || `input ${i + 1}`}` : 'input shape'}{' '}
          <input
            value={shape}
            placeholder="1, 3, 224, 224"
            spellcheck={false}
            onInput={(event) => {
              const text = event.currentTarget.value;
              setWanted(wanted.map((old, j) => (j === i ? { ...old, shape: text } : old)));
            }}
          />
          <small>{i === 0 ? 'numbers, or names to leave them free: batch, 3, 224, 224' : ''}</small>
        </label>
      ))}
      <p class="buttons">
        <button type="submit" class="main" disabled={!ready}>
          Open with these
        </button>
        <button type="button" onClick={() => setWanted([...wanted, { name: '', shape: '' }])}>
          Another input
        </button>
      </p>
    </form>
  );
}

/** What a hint names: `--input x=1x3x224x224`. */
function named(hint: string): Wanted | null {
  const found = /--input ([\w./:-]+)=([\w×]+)/.exec(hint);
  return found === null ? null : { name: found[1] as string, shape: (found[2] as string).replace(/x/g, ', ') };
}

/** Arguments of the last `forward` in a source, and the shapes that the source itself tries its model on. */
function inputsIn(text: string): Wanted[] {
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
