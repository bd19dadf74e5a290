import { useEffect, useState } from 'preact/hooks';
import type { Origin, Slot } from '../../worker/protocol.js';
import { isSource } from './needs-telling.js';
import { extentsOf, inputsIn, named, type Wanted } from './shape-text.js';

interface SettleProps {
  readonly origin: Origin;
  readonly slot: Slot;
  readonly hint: string;
  readonly open: (origin: Origin, slot: Slot, inputs: Readonly<Record<string, readonly string[]>>) => void;
}

/** Asks for what a source, or a graph without shapes, does not say itself: which model, and the shape of each input. */
export function Settle({ origin, slot, hint, open }: SettleProps) {
  const source = isSource(origin);
  const [target, setTarget] = useState((origin.kind === 'files' && origin.target) || '');
  const [wanted, setTyped] = useInputs(origin, hint);
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
      {wanted.map((input, i) => (
        <ShapeField
          key={i}
          label={wanted.length > 1 || input.name !== '' ? `shape of ${input.name || `input ${i + 1}`}` : 'input shape'}
          shape={input.shape}
          help={i === 0 ? 'numbers, or names to leave them free: batch, 3, 224, 224' : ''}
          onShape={(shape) => setTyped(wanted.map((old, j) => (j === i ? { ...old, shape } : old)))}
        />
      ))}
      <p class="buttons">
        <button type="submit" class="main" disabled={!ready}>
          Open with these
        </button>
        <button type="button" onClick={() => setTyped([...wanted, { name: '', shape: '' }])}>
          Another input
        </button>
      </p>
    </form>
  );
}

/**
 * The inputs to ask about: those that the hint names, or as soon as it has been read those of the source, and once something was
 * typed that.
 */
function useInputs(origin: Origin, hint: string) {
  const [found, setFound] = useState<readonly Wanted[]>(() => [named(hint) ?? { name: '', shape: '' }]);
  const [typed, setTyped] = useState<readonly Wanted[] | null>(null);
  useEffect(() => {
    if (!isSource(origin)) return;
    let live = true;
    void origin.files
      .find(({ path }) => path === origin.main)
      ?.file.text()
      .then((text) => {
        const own = inputsIn(text);
        if (live && own.length > 0) setFound(own);
      })
      .catch(() => {}); // the file is gone: the fields stay as they are
    return () => {
      live = false;
    };
  }, [origin]);
  return [typed ?? found, setTyped] as const;
}

interface FieldProps {
  readonly label: string;
  readonly shape: string;
  readonly help: string;
  readonly onShape: (shape: string) => void;
}

function ShapeField({ label, shape, help, onShape }: FieldProps) {
  return (
    <label>
      {label}{' '}
      <input
        value={shape}
        placeholder="1, 3, 224, 224"
        spellcheck={false}
        onInput={(event) => onShape(event.currentTarget.value)}
      />
      <small>{help}</small>
    </label>
  );
}
