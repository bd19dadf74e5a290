import { shown } from 'opcount';
import { checkedFormulas } from 'opcount/ledger';
import { useState } from 'preact/hooks';
import { model, rereadable } from '../../state/model.js';
import { reopen } from '../../state/openings.js';
import { download } from '../../state/picture.js';

/** Reads formulas from a file, the same that the command line takes. */
export function FormulaFile() {
  const [wrong, setWrong] = useState<string | null>(null);
  if (!rereadable.value) return null;
  const take = async (file: File): Promise<void> => {
    const origin = model.value?.origin;
    try {
      const formulas = checkedFormulas(JSON.parse(await file.text()), file.name);
      if (model.value?.origin !== origin) return;
      setWrong(null);
      void reopen(({ given }) => ({ given: { ...given, ...formulas } }));
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="formula-file">
      <p class="quiet">
        In a formula <code>in</code> is the number of elements of the first input, <code>in.0</code>, <code>in.1</code>{' '}
        … are its extents; <code>in2</code>, <code>out2</code> are the second ones.
      </p>
      <label>
        Formulas from a file (JSON){' '}
        <input
          type="file"
          accept=".json,application/json"
          aria-label="a file of formulas"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = ''; // the same file, mended, can be chosen again
            if (file !== undefined) void take(file);
          }}
        />
      </label>
      {wrong !== null && (
        <p class="refused" role="alert">
          {shown(wrong)}
        </p>
      )}
    </div>
  );
}

/** The operators that are counted by formulas given here, with the way to keep these or to take them back. */
export function GivenFormulas() {
  const given = model.value?.given ?? {};
  const types = Object.keys(given);
  if (types.length === 0 || !rereadable.value) return null;
  const save = (): void =>
    download('formulas.json', new Blob([`${JSON.stringify(given, null, 2)}\n`], { type: 'application/json' }));
  return (
    <p class="given">
      <span>Counted by formulas that were given here: {types.join(', ')}.</span>
      <button type="button" onClick={save}>
        Save them as a file
      </button>
      <button type="button" class="plain" onClick={() => void reopen(() => ({ given: {} }))}>
        Take them back
      </button>
    </p>
  );
}
