import type { Dim } from '../../../dim/index.js';
import { broadcast, nothing, opNamed } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { DType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/** Text takes no arithmetic: only shapes are worked out. */
const like =
  (dtype: DType): Entry =>
  (n) =>
    nothing(opNamed(n.proto.opType.toLowerCase()), [{ dtype, shape: n.in(0).shape }]);

/** Words as Python's `split` finds them: at runs of white space, or at each delimiter. */
function wordsOf(text: string, delimiter: string, limit: number): string[] {
  if (delimiter === '') {
    const words = text.trim().split(/\s+/).filter(Boolean);
    return limit < 0 || words.length <= limit + 1 ? words : words.slice(0, limit + 1);
  }
  const parts = text.split(delimiter);
  return limit < 0 || parts.length <= limit + 1 ? parts : parts.slice(0, limit + 1);
}

/** As many columns as the longest text has words. */
function columns(n: OnnxNode): Dim {
  const known = n.texts(0);
  if (known === undefined) return n.fresh(1)[0] as Dim;
  const delimiter = n.text('delimiter', '');
  const limit = n.int('maxsplit', -1);
  return known.reduce((most, text) => Math.max(most, wordsOf(text, delimiter, limit).length), 0);
}

/** A row without its stop words; one empty text where nothing is left. */
function kept(n: OnnxNode): Dim {
  const known = n.texts(0);
  const stop = (n.attribute('stopwords')?.strings ?? []).filter((w) => typeof w === 'string');
  if (stop.length === 0) return n.in(0).shape.at(-1) ?? 1;
  if (known === undefined) return n.fresh(1)[0] as Dim;
  const plain = (word: string): string => (n.int('is_case_sensitive', 0) === 1 ? word : word.toLowerCase());
  const out = new Set(stop.map(plain));
  return Math.max(1, known.filter((word) => !out.has(plain(word))).length);
}

export const text: Dialect = byName({
  StringConcat: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    return nothing('string_concat', [{ dtype: 'string', shape: broadcast([a.shape, b.shape], 'StringConcat') }]);
  },
  RegexFullMatch: like('bool'),
  StringNormalizer: (n) =>
    nothing('string_normalizer', [{ dtype: 'string', shape: [...n.in(0).shape.slice(0, -1), kept(n)] }]),
  StringSplit: (n) =>
    nothing('string_split', [
      { dtype: 'string', shape: [...n.in(0).shape, columns(n)] },
      { dtype: 'int64', shape: n.in(0).shape },
    ]),
  TfIdfVectorizer: (n) => {
    const x = n.in(0);
    const size = (n.ints('ngram_indexes') ?? []).reduce((a, b) => Math.max(a, b), -1) + 1;
    return nothing('tfidf', [{ dtype: 'float32', shape: [...x.shape.slice(0, -1), size] }], {
      leavesOut: 'one addition for each n-gram that is found, whose number depends on the data',
    });
  },
});
