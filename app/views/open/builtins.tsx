import { useState } from 'preact/hooks';
import { start } from '../../state/model.js';
import type { Slot } from '../../worker/protocol.js';
import { show } from './opening.js';

interface SlotProps {
  readonly slot: Slot;
}

/** One model of each kind, for a first look. */
const KINDS = [
  ['resnet50', 'convolutions'],
  ['vit_b_16', 'vision transformer'],
  ['swin_t', 'window attention'],
  ['yolov5s', 'detector'],
  ['mobilenet_v3_large', 'for phones'],
  ['gpt2', 'language model'],
  ['lstm', 'recurrent'],
] as const;

export function Examples({ slot }: SlotProps) {
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

/** The built-in models by family, and a search through them. */
export function Builtins({ slot }: SlotProps) {
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
              .map(({ name, title }) => (
                <button type="button" key={name} title={title} onClick={() => show({ kind: 'builtin', name }, slot)}>
                  {name}
                </button>
              ))}
          </div>
        ))}
        {some.length === 0 && models.length > 0 && <p class="nothing">No built-in model has that name.</p>}
      </div>
    </div>
  );
}
