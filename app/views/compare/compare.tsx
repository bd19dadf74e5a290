// Two models side by side. In: both models and their counts from state/compare.ts. Out: markup. Which module stands for which is
// decided by the package's `alignModules`, as for the command line. Add: a count in state/compare.ts, a column in pair-table.tsx.
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import { type BothCounts, bothCounts, comparedBy } from '../../state/compare.js';
import { model, other } from '../../state/model.js';
import { convention } from '../../state/view.js';
import { openerFor } from '../open/opening.js';
import { CompareControls } from './compare-controls.js';
import { Maps } from './compare-maps.js';
import { PairTable } from './pair-table.js';
import { countedPairs, differs, modulePairs } from './pairs.js';
import { Totals } from './totals.js';

const depth = signal(2);
const onlyChanged = signal(false);

/** Two models: their totals, a treemap of each, and their modules side by side, with what changed coloured. */
export function Compare() {
  const [a, b] = [model.value?.sheet, other.value?.sheet];
  if (a === undefined) return null;
  return b === undefined ? <ChooseOther name={a.model.name} /> : <Comparison a={a} b={b} />;
}

function ChooseOther({ name }: { readonly name: string }) {
  return (
    <div class="nothing compare-empty">
      <p>
        Choose a model to compare <b>{name}</b> with. Modules of the same name, or else of the same class and contents,
        are shown side by side, and differences are coloured.
      </p>
      <button
        type="button"
        class="main"
        onClick={() => {
          openerFor.value = 'b';
        }}
      >
        Choose the other model
      </button>
    </div>
  );
}

interface ComparisonProps {
  readonly a: PageModel;
  readonly b: PageModel;
}

function Comparison({ a, b }: ComparisonProps) {
  const pairs = useMemo(() => modulePairs(a, b, depth.value), [a, b, depth.value]);
  const counts = bothCounts.value;
  const byModule = counts.filter(({ left, right }) => left.nodes !== null && right.nodes !== null);
  const by = byModule.find(({ id }) => id === comparedBy.value) ?? byModule[0];
  const all = countedPairs(pairs, by);
  return (
    <div class="compare">
      <Totals a={a} b={b} counts={counts} />
      <ToolWords counts={counts} />
      <Maps a={a} b={b} by={by} />
      <CompareControls
        counts={byModule}
        by={by}
        depth={depth}
        deepest={Math.max(...a.nodes.map((n) => n.level), ...b.nodes.map((n) => n.level))}
        onlyChanged={onlyChanged}
      />
      <PairTable a={a.model.name} b={b.model.name} rows={onlyChanged.value ? all.filter(differs) : all} />
    </div>
  );
}

/** Says which numbers are the chosen tool's. */
function ToolWords({ counts }: { readonly counts: readonly BothCounts[] }) {
  const tool = convention.value;
  if (tool === 'exact') return null;
  return (
    <p class="quiet">
      {counts.some(({ id }) => id.includes('.'))
        ? `MACs and FLOPs are what ${tool} prints; parameters and memory are opcount’s own.`
        : `${tool} does not print both models: these are opcount’s own numbers.`}
    </p>
  );
}
