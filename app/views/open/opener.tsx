import { useRef, useState } from 'preact/hooks';
import { fromInput } from '../../state/files.js';
import { start } from '../../state/model.js';
import type { Slot } from '../../worker/protocol.js';
import { Builtins, Examples } from './builtins.js';
import { show, take } from './opening.js';

/** All the ways to open a model. `slot` is the one that is filled. */
export function Opener({ slot }: { readonly slot: Slot }) {
  return (
    <div class="opener">
      <DropHere slot={slot} />
      <Examples slot={slot} />
      <FromUrl slot={slot} />
      <Paste slot={slot} />
      <Builtins slot={slot} />
    </div>
  );
}

interface SlotProps {
  readonly slot: Slot;
}

/** Where files are dropped, and buttons for those who would rather choose them. */
function DropHere({ slot }: SlotProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const formats = start.value?.formats;
  const input = {
    class: 'unseen',
    type: 'file' as const,
    multiple: true,
    tabIndex: -1,
    onChange: (event: { readonly currentTarget: HTMLInputElement }): void => {
      take(fromInput(event.currentTarget.files), slot);
      event.currentTarget.value = ''; // the same file can be chosen again
    },
  };
  return (
    <div class="drop-here">
      <p class="big">Drop a model here</p>
      <p class="quiet">
        {formats === undefined ? ' ' : `${formats.map((f) => f.title).join(', ')}. `}A model of several files: drop the
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
      <input ref={files} {...input} aria-label="Model files" />
      <input ref={folder} {...input} aria-label="Model folder" {...{ webkitdirectory: true }} />
    </div>
  );
}

function FromUrl({ slot }: SlotProps) {
  const [url, setUrl] = useState('');
  return (
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
  );
}

const SAMPLE = `from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3)
    def forward(self, x):
        return self.conv(x)`;

/** A model as text: a source, a configuration, a description. */
function Paste({ slot }: SlotProps) {
  const [text, setText] = useState('');
  return (
    <form
      class="paste"
      onSubmit={(event) => {
        event.preventDefault();
        const name = nameOfText(text);
        void show({ kind: 'files', files: [{ path: name, file: new Blob([text]) }], main: name }, slot);
      }}
    >
      <label for={`paste-${slot}`}>Paste PyTorch source, a config.json or a YOLO description</label>
      <textarea
        id={`paste-${slot}`}
        rows={7}
        spellcheck={false}
        placeholder={SAMPLE}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={text.trim() === ''}>
        Open the text
      </button>
    </form>
  );
}

/** A name that the library can tell the format by, where the text alone would not do. */
function nameOfText(text: string): string {
  if (/^\s*[{[]/.test(text)) return 'pasted.json';
  if (/^\s*(import|from|class|def)\s/m.test(text)) return 'pasted.py';
  return 'pasted.yaml';
}
