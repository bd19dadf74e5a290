import { useState } from 'preact/hooks';
import type { OpSheet, TensorSheet } from '../../sheet.js';
import { model, reopen, rereadable } from '../../state/model.js';

/** Where a formula is given to an operator that has none. It holds for all of its kind. */
export function Gap({
  type,
  why,
  op,
}: {
  readonly type: string;
  readonly why: string;
  readonly op?: OpSheet | undefined;
}) {
  const known = model.value?.given[type];
  const [macs, setMacs] = useState(String(known?.macs ?? ''));
  const [flops, setFlops] = useState(String(known?.flops ?? ''));
  const names = namesFor(op);
  if (!rereadable.value)
    return (
      <p>
        <b>Not counted:</b> {why}
      </p>
    );
  const id = `gap-${type.replace(/\W/g, '-')}${op?.index ?? ''}`;
  return (
    <form
      class="gap"
      onSubmit={(event) => {
        event.preventDefault();
        void reopen({ given: { ...(model.value?.given ?? {}), [type]: { ...known, macs, flops } } });
      }}
    >
      <p>
        <b>Not counted:</b> {why}
      </p>
      <label for={`${id}-macs`}>MACs</label>
      <input
        id={`${id}-macs`}
        value={macs}
        placeholder="0"
        spellcheck={false}
        onInput={(event) => setMacs(event.currentTarget.value)}
      />
      <label for={`${id}-flops`}>other FLOPs</label>
      <input
        id={`${id}-flops`}
        value={flops}
        placeholder="2*out"
        spellcheck={false}
        onInput={(event) => setFlops(event.currentTarget.value)}
      />
      <button type="submit" disabled={macs.trim() === '' && flops.trim() === ''}>
        Count it by this
      </button>
      <p class="quiet">
        Names to use: <code>{names}</code>
      </p>
    </form>
  );
}

/** What a formula for an operator may speak of. */
function namesFor(op: OpSheet | undefined): string {
  const all = (word: string, tensors: readonly (TensorSheet | null)[] | undefined): string[] =>
    (tensors ?? []).flatMap((tensor, i) => {
      const own = i === 0 ? word : `${word}${i + 1}`;
      return tensor?.shape == null ? [] : [own, ...tensor.shape.map((_, axis) => `${own}.${axis}`)];
    });
  const known = [...all('in', op?.inputs), ...all('out', op?.outputs)];
  return known.length === 0 ? 'in, in.0, in.1, out, out.0' : known.join(', ');
}
