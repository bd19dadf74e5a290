import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fromDrop, fromInput, type Offered, originOf, twoModels } from '../state/files.js';
import { example, failure, model, open, other, start } from '../state/model.js';
import { filter } from '../state/table.js';
import { focus, select, view } from '../state/view.js';
import type { Origin, Slot } from '../worker/protocol.js';
import { needsTelling, Settle } from './settle.js';

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
    filter.value = '';
    select(null);
  }
}

function take(offered: Offered, slot: Slot): void {
  if (offered.files.length === 0) return;
  const origin = originOf(offered);
  const two = slot === 'a' ? twoModels(offered) : null;
  if (two !== null) void showBoth(two);
  else if (origin === null) choice.value = { offered, slot };
  else void show(origin, slot);
}

/** Two models that came together are compared. */
async function showBoth([a, b]: readonly [Origin, Origin]): Promise<void> {
  await show(a, 'a');
  if (model.value?.origin !== a) return;
  await show(b, 'b');
  view.value = 'compare';
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
      const second = view.peek() === 'compare' && model.peek() !== null && !example.peek() && other.peek() === null;
      take(await fromDrop(event.dataTransfer), openerFor.value ?? (second ? 'b' : 'a'));
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
      <Examples slot={slot} />
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
      <form
        class="paste"
        onSubmit={(event) => {
          event.preventDefault();
          const name = nameOfText(pasted);
          void show({ kind: 'files', files: [{ path: name, file: new Blob([pasted]) }], main: name }, slot);
        }}
      >
        <label for={`paste-${slot}`}>Paste PyTorch source, a config.json or a YOLO description</label>
        <textarea
          id={`paste-${slot}`}
          rows={7}
          spellcheck={false}
          placeholder={SAMPLE}
          value={pasted}
          onInput={(event) => setPasted(event.currentTarget.value)}
        />
        <button type="submit" disabled={pasted.trim() === ''}>
          Open the text
        </button>
      </form>
      <Builtins slot={slot} />
    </div>
  );
}

const SAMPLE = `from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3)
    def forward(self, x):
        return self.conv(x)`;

/** One model of each kind, to look at what the page says of it. */
const KINDS = [
  ['resnet50', 'convolutions'],
  ['vit_b_16', 'vision transformer'],
  ['swin_t', 'windows of attention'],
  ['yolov5s', 'detector'],
  ['mobilenet_v3_large', 'for phones'],
  ['gpt2', 'language model'],
  ['lstm', 'recurrent'],
] as const;

function Examples({ slot }: { readonly slot: Slot }) {
  return (
    <p class="examples">
      <span class="quiet">Try one of each kind:</span>
      {KINDS.map(([name, words]) => (
        <button type="button" key={name} onClick={() => show({ kind: 'builtin', name }, slot)}>
          {words} <small>{name}</small>
        </button>
      ))}
    </p>
  );
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
            <p class="quiet">{family}</p>
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

/** What could not be opened and why; a model that only has to be told more is a question, not an error. */
export function FailureBox() {
  const failed = failure.value;
  if (failed === null) return null;
  const { failure: why } = failed;
  const asks = needsTelling(failed.origin, why.hint);
  const close = (
    <button
      type="button"
      class="plain"
      onClick={() => {
        failure.value = null;
      }}
    >
      {asks ? 'Not now' : 'Dismiss'}
    </button>
  );
  if (asks)
    return (
      <section class="question" aria-label="What the model is built from">
        <h2>{failed.name}: what should it be run on?</h2>
        <p class="quiet">{why.message}</p>
        {why.place.length > 0 && <p class="quiet">{why.place.join(', ')}</p>}
        <Settle
          key={failed.name}
          origin={failed.origin}
          slot={failed.slot}
          hint={why.hint ?? ''}
          open={(origin, slot, inputs) => void show(origin, slot, inputs)}
        />
        {close}
      </section>
    );
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
      {model.value !== null && !example.value && (
        <p class="quiet">The model that was open before is still shown below.</p>
      )}
      {close}
    </div>
  );
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
