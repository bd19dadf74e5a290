import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fromDrop, fromInput, type Offered, originOf } from '../state/files.js';
import { failure, model, open, start } from '../state/model.js';
import { focus, select } from '../state/view.js';
import type { Origin, Slot } from '../worker/protocol.js';

/** Which slot the opener fills, and whether it is open over a model. */
export const openerFor = signal<Slot | null>(null);
/** Several files that may each be the model. */
const choice = signal<{ readonly offered: Offered; readonly slot: Slot } | null>(null);

export async function show(
  origin: Origin,
  slot: Slot = 'a',
  inputs: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  choice.value = null;
  openerFor.value = null;
  const done = await open(origin, { slot, inputs });
  if (done && slot === 'a') {
    focus.value = 0;
    select(null);
  }
}

function take(offered: Offered, slot: Slot): void {
  if (offered.files.length === 0) return;
  const origin = originOf(offered);
  if (origin === null) choice.value = { offered, slot };
  else void show(origin, slot);
}

/** Dropping works anywhere on the page. */
export function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const has = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!has(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const overIt = (event: DragEvent): void => {
      if (has(event)) event.preventDefault();
    };
    const leave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = async (event: DragEvent): Promise<void> => {
      if (event.dataTransfer === null || !has(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      take(await fromDrop(event.dataTransfer), openerFor.value ?? 'a');
    };
    const all: [string, EventListener][] = [
      ['dragenter', enter as EventListener],
      ['dragover', overIt as EventListener],
      ['dragleave', leave],
      ['drop', drop as unknown as EventListener],
    ];
    for (const [type, listener] of all) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of all) removeEventListener(type, listener);
    };
  }, []);
  return over;
}

/** All the ways to open a model. `slot` is the one that is filled. */
export function Opener({ slot }: { readonly slot: Slot }) {
  const [url, setUrl] = useState('');
  const [pasted, setPasted] = useState('');
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const info = start.value;
  return (
    <div class="opener">
      <div class="drop-here">
        <p class="big">Drop a model here</p>
        <p class="quiet">
          {info === null ? ' ' : `${info.formats.map((f) => f.title).join(', ')}. `}A model of several files: drop the
          folder. Nothing is uploaded, and weights are not read.
        </p>
        <p class="buttons">
          <button type="button" class="main" onClick={() => files.current?.click()}>
            Choose a file
          </button>
          <button type="button" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
        </p>
        <input
          ref={files}
          class="unseen"
          type="file"
          multiple
          tabIndex={-1}
          aria-label="Model files"
          onChange={(event) => {
            take(fromInput(event.currentTarget.files), slot);
            event.currentTarget.value = '';
          }}
        />
        <input
          ref={folder}
          class="unseen"
          type="file"
          multiple
          tabIndex={-1}
          aria-label="Model folder"
          {...{ webkitdirectory: true }}
          onChange={(event) => {
            take(fromInput(event.currentTarget.files), slot);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <form
        class="from-url"
        onSubmit={(event) => {
          event.preventDefault();
          if (url.trim() !== '') void show({ kind: 'url', url: url.trim() }, slot);
        }}
      >
        <label for={`url-${slot}`}>From a URL, read by ranges</label>
        <div>
          <input
            id={`url-${slot}`}
            type="url"
            placeholder="https://…/model.onnx"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
          <button type="submit" disabled={url.trim() === ''}>
            Open
          </button>
        </div>
      </form>
      <Builtins slot={slot} />
      <details class="paste">
        <summary>Paste a description</summary>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = nameOfText(pasted);
            void show({ kind: 'files', files: [{ path: name, file: new Blob([pasted]) }], main: name }, slot);
          }}
        >
          <label for={`paste-${slot}`}>The text of a model: {textDoors()}</label>
          <textarea
            id={`paste-${slot}`}
            rows={8}
            spellcheck={false}
            value={pasted}
            onInput={(event) => setPasted(event.currentTarget.value)}
          />
          <button type="submit" disabled={pasted.trim() === ''}>
            Open
          </button>
        </form>
      </details>
    </div>
  );
}

/** Formats that are text, as far as the library has them. */
function textDoors(): string {
  const titles = (start.value?.formats ?? [])
    .filter(({ id }) => /yolo|python|tfjs|transformers|typescript/.test(id))
    .map(({ title }) => title);
  return titles.length === 0 ? 'as it stands in its file' : titles.join(', ');
}

/** A name that the library can tell the format by, where the text alone would not do. */
function nameOfText(text: string): string {
  if (/^\s*[{[]/.test(text)) return 'pasted.json';
  if (/^\s*(import|from|class|def)\s/m.test(text)) return 'pasted.py';
  return 'pasted.yaml';
}

function Builtins({ slot }: { readonly slot: Slot }) {
  const [word, setWord] = useState('');
  const models = start.value?.builtins ?? [];
  const some = models.filter(({ name, title, family }) =>
    `${name} ${title} ${family}`.toLowerCase().includes(word.trim().toLowerCase()),
  );
  const families = [...new Set(some.map((m) => m.family))];
  return (
    <div class="builtins">
      <label for={`builtin-${slot}`}>Or one of {models.length || 'the'} that are built in</label>
      <input
        id={`builtin-${slot}`}
        type="search"
        placeholder="resnet50"
        value={word}
        onInput={(event) => setWord(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && some[0] !== undefined)
            void show({ kind: 'builtin', name: (some.find((m) => m.name === word.trim()) ?? some[0]).name }, slot);
        }}
      />
      <div class="families">
        {families.map((family) => (
          <div key={family}>
            <h3>{family}</h3>
            {some
              .filter((m) => m.family === family)
              .map((m) => (
                <button
                  type="button"
                  key={m.name}
                  title={m.title}
                  onClick={() => show({ kind: 'builtin', name: m.name }, slot)}
                >
                  {m.name}
                </button>
              ))}
          </div>
        ))}
        {some.length === 0 && models.length > 0 && <p class="nothing">No built-in model is called so.</p>}
      </div>
    </div>
  );
}

export function FailureBox() {
  const failed = failure.value;
  if (failed === null) return null;
  const { failure: why } = failed;
  return (
    <div class="failure" role="alert">
      <h2>{failed.name} could not be opened</h2>
      <p>{why.message}</p>
      {(why.place.length > 0 || why.format !== null) && (
        <p class="quiet">at {[...(why.format === null ? [] : [why.format]), ...why.place].join(', ')}</p>
      )}
      {why.hint !== null && (
        <p class="remedy">
          {why.hint[0]?.toUpperCase()}
          {why.hint.slice(1)}
          {/[.?!]$/.test(why.hint) ? '' : '.'}
        </p>
      )}
      <Settle key={failed.name} origin={failed.origin} slot={failed.slot} hint={why.hint ?? ''} />
      {model.value !== null && <p class="quiet">The model that was open before is still shown below.</p>}
      <button
        type="button"
        class="plain"
        onClick={() => {
          failure.value = null;
        }}
      >
        Dismiss
      </button>
    </div>
  );
}

/** What a source, or a graph without shapes, does not say by itself: which model, and on what. */
function Settle({ origin, slot, hint }: { readonly origin: Origin; readonly slot: Slot; readonly hint: string }) {
  const source = origin.kind === 'files' && /\.py$/i.test(origin.main);
  const [target, setTarget] = useState((origin.kind === 'files' && origin.target) || '');
  const [shapes, setShapes] = useState('');
  if (!source && !hint.includes('--input')) return null;
  return (
    <form
      class="settle"
      onSubmit={(event) => {
        event.preventDefault();
        const parts = shapes.split(/[,;\s]+/).filter((s) => s !== '');
        const inputs = Object.fromEntries(parts.map((s, i) => [`#${i}`, extentsOf(s)]));
        const named = source && target.trim() !== '' ? { ...origin, target: target.trim() } : origin;
        void show(named as Origin, slot, inputs);
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
        </label>
      )}
      <label>
        input shapes{' '}
        <input
          value={shapes}
          placeholder="batchx3x224x224"
          spellcheck={false}
          onInput={(event) => setShapes(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="main">
        Open with these
      </button>
    </form>
  );
}

/** `1x3x224x224`, `batchx3x32x32`: an x parts extents where a number stands on one of its sides. */
function extentsOf(text: string): string[] {
  return text.split(/(?<=\d)[x×](?=\w)|(?<=\w)[x×](?=\d)|×/);
}

/** When several files came and more than one may be the model. */
export function FileChoice() {
  const box = useRef<HTMLDialogElement>(null);
  const now = choice.value;
  useEffect(() => {
    if (now !== null) box.current?.showModal();
    else box.current?.close();
  }, [now]);
  return (
    <dialog
      ref={box}
      class="sheet"
      aria-labelledby="choice-title"
      onClose={() => {
        choice.value = null;
      }}
    >
      <h2 id="choice-title">Which of these is the model?</h2>
      <p class="quiet">The others stay beside it, for weights that it keeps in files of their own.</p>
      <div class="choices">
        {now?.offered.candidates.slice(0, 200).map((path) => (
          <button
            type="button"
            key={path}
            onClick={() => void show({ kind: 'files', files: now.offered.files, main: path }, now.slot)}
          >
            {path}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="plain"
        onClick={() => {
          choice.value = null;
        }}
      >
        None of them
      </button>
    </dialog>
  );
}

/** The same ways to open, over a model that is already there. */
export function OpenerDialog() {
  const box = useRef<HTMLDialogElement>(null);
  const slot = openerFor.value;
  useEffect(() => {
    if (slot !== null) box.current?.showModal();
    else box.current?.close();
  }, [slot]);
  return (
    <dialog
      ref={box}
      class="sheet"
      aria-label={slot === 'b' ? 'Open a model to compare with' : 'Open a model'}
      onClose={() => {
        openerFor.value = null;
      }}
    >
      <header>
        <h2>{slot === 'b' ? 'Compare with' : 'Open'}</h2>
        <button
          type="button"
          class="plain"
          onClick={() => {
            openerFor.value = null;
          }}
        >
          Close
        </button>
      </header>
      {slot !== null && <Opener slot={slot} />}
    </dialog>
  );
}
