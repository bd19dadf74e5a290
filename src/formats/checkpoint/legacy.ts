import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { type Pickled, readPickle } from '../../wire/pickle/index.js';

/** torch.save before 1.6 wrote pickles one after the other (`torch/serialization.py`, `_legacy_save`). */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** `\x80\x02\x8a\x0a` and the magic number: how every such file begins. */
export const LEGACY_HEAD: readonly number[] = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
];

/**
 * The pickled value of a file before 1.6, or of a pickle without torch.save around it. What follows it, the storages, is not
 * read. Throws ModelError.
 */
export function readLegacy(source: Source, format: string): { readonly value: Pickled; readonly legacy: boolean } {
  const first = readPickle(source, { format });
  if (first.value !== MAGIC) return { value: first.value, legacy: false };
  const version = readPickle(source, { format, start: first.end });
  if (version.value !== VERSION)
    throw new ModelError(
      'unsupported',
      `a file of torch.save's protocol ${String(version.value)}; read is ${VERSION}`,
      {
        format,
        at: { offset: first.end },
        hint: 'load it with PyTorch and save it again',
      },
    );
  const system = readPickle(source, { format, start: version.end });
  return { value: readPickle(source, { format, start: system.end }).value, legacy: true };
}
