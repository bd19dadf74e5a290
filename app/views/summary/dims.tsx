import { bindings, model, refusal, rereadable, symbols } from '../../state/model.js';
import { FixedInput, InputExtents } from './input-extents.js';
import { SizeSlider } from './size-slider.js';

/** Every free dimension, and the extents of the inputs that could be one. */
export function Dimensions() {
  const loaded = model.value;
  if (loaded === null || !loaded.sheet.graph) return null;
  const { labels } = loaded.sheet;
  return (
    <section class="dims" aria-label="Dimensions">
      {loaded.sheet.inputs.map((input) =>
        rereadable.value ? (
          <InputExtents key={input.name} input={input} />
        ) : (
          <FixedInput key={input.name} input={input} />
        ),
      )}
      {symbols.value.length > 0 && (
        <div class="sliders">
          {symbols.value.map((symbol) => (
            <SizeSlider key={symbol.name} {...symbol} label={labels[symbol.name] ?? symbol.name} />
          ))}
        </div>
      )}
      <Start />
      {refusal.value !== null && (
        <p class="refused" role="alert">
          The model cannot run at these sizes: {refusal.value}. The numbers are those of the last sizes at which it
          runs.
        </p>
      )}
      {loaded.refused !== null && (
        <p class="refused" role="alert">
          Not at these sizes: {loaded.refused.message.split('\n', 1)[0]}
          {loaded.refused.place.length > 0 && ` (${loaded.refused.place.join(', ')})`}. The model is shown as it is in
          the file.
        </p>
      )}
    </section>
  );
}

/** Where the sizes come from that the page began with, as long as they are on show. */
function Start() {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return null;
  const some = Object.entries(sheet.sizes).filter(
    ([name, { size, from }]) => from !== 'batch' && from !== 'given' && bindings.value[name] === size,
  );
  const said = (from: 'file' | 'choice'): string =>
    some
      .filter(([, own]) => own.from === from)
      .map(([name, { size }]) => `${sheet.labels[name] ?? name} ${size.toLocaleString('en-US')}`)
      .join(', ');
  const [file, choice] = [said('file'), said('choice')];
  if (file === '' && choice === '') return null;
  return (
    <p class="start quiet">
      {file !== '' && `From the file’s own example: ${file}. `}
      {choice !== '' && `Initial sizes, as the model gives none: ${choice}.`}
    </p>
  );
}
