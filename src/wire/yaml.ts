import {
  type Document,
  type DocumentOptions,
  LineCounter,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
} from 'yaml';

/** A text as the YAML reader has it, and where its lines begin: `doc.errors` has what is wrong, by its place in the text. */
export interface YamlText {
  readonly doc: Document;
  readonly lines: LineCounter;
}

/**
 * Reads YAML. Every character of a bad text may be an error of its own: none gets a stack or an excerpt, which took the square
 * of a long line (120 kB of anchors: 42 s). Throws RangeError where brackets are nested too deeply.
 */
export function readYaml(text: string, options: ParseOptions & DocumentOptions & SchemaOptions): YamlText {
  const lines = new LineCounter();
  const engine = Error as { stackTraceLimit?: unknown }; // V8's; others ignore it
  const { stackTraceLimit } = engine;
  engine.stackTraceLimit = 0;
  try {
    const doc = parseDocument(text, { ...options, lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    return { doc, lines };
  } finally {
    engine.stackTraceLimit = stackTraceLimit;
  }
}
