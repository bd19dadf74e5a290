import { basename, join } from 'node:path';
import { HEAD_BYTES } from '../../formats/index.js';
import type { AnyLedger } from '../../ledger/index.js';
import { filesIn, openSource } from '../../source/node/index.js';
import { modelAmong } from '../folder.js';
import { readSource } from '../open.js';
import { type ReadingOptions, readOptions } from '../read.js';

/** A file, or the one model of a folder. */
export async function openFile(text: string, options: ReadingOptions): Promise<AnyLedger> {
  const source = openSource(pathOf(text));
  try {
    const ledger = await readSource(source, readOptions(options));
    return { ...ledger, name: text === '-' ? ledger.name : basename(text) }; // a graph's own name is `main_graph` or the like
  } finally {
    source.close?.();
  }
}

/** A model on the hub: its configuration with the headers of its weights, or a file of it. */
export async function openHub(text: string, options: ReadingOptions): Promise<AnyLedger> {
  const { hubFile, hubSource } = await import('../../source/node/hub.js');
  const file = hubFile(text);
  if (file === null) return openFile(text, options);
  const source = hubSource(file);
  try {
    return { ...(await readSource(source, readOptions(options))), name: file.repository };
  } finally {
    source.close?.();
  }
}

/** Where a package of Core ML (`.mlpackage`) has its model. */
const PACKAGE = join('Data', 'com.apple.CoreML');

/** A folder is the model in it. */
function pathOf(text: string): string {
  // The folder itself first: what may not be read is named as it was given.
  const own = filesIn(text);
  if (own === null) return text;
  const files = filesIn(join(text, PACKAGE)) ?? own;
  return modelAmong(
    text,
    files.map((path) => {
      const source = openSource(path);
      try {
        return { path, head: source.read(0, Math.min(source.size, HEAD_BYTES)) };
      } finally {
        source.close?.();
      }
    }),
  );
}
