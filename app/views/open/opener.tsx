import { useRef, useState } from 'preact/hooks';
import { fromInput } from '../../state/files.js';
import { start } from '../../state/model.js';
import type { Slot } from '../../worker/protocol.js';
import { show, take } from './opening.js';

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
  ['swin_t', 'window attention'],
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
