import type { Note } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import { fileOf } from './shards.js';

/** A note if the file ends before the weights that its header describes; `end` is the byte behind the last of them. */
export function cutShortNote(file: Source, { end }: { readonly end: number }): Note[] {
  if (file.size >= end) return [];
  return [
    {
      code: 'weights-cut-short',
      message: `${fileOf(file)} ends ${end - file.size} bytes before its weights do: a download may have been cut short (counts do not need them)`,
    },
  ];
}
