/**
 * The part of the page's address behind `#`, as text: what it says, and what of it cannot be read. No state of the page is
 * touched here.
 */

/** The content of an address: a model, and how it is looked at. */
export interface LinkText {
  readonly model: string;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly bind: Readonly<Record<string, number>>;
  readonly convention: string;
  readonly view: string;
  readonly by: string;
  readonly focus: string;
  readonly selected: string | null;
  readonly other: string | null;
  readonly device: { readonly device: string; readonly peak: string } | null;
  readonly filter: string;
  readonly grain: string;
  /** `macs:down` */
  readonly sort: string | null;
  /** Packed formulas and devices. */
  readonly extra: string | null;
  /** Its broken parts, in words; the rest still holds. */
  readonly wrong: readonly string[];
}

export interface Known {
  readonly conventions: readonly string[];
  /** Null takes any. */
  readonly views: readonly string[] | null;
}

const FIELDS = new Set(['m', 'in', 'b', 'as', 'v', 'by', 'z', 's', 'c', 'dev', 'f', 'g', 'o', 'x']);

/** Reads what is behind `#`; null where it names no model. */
export function readLink(hash: string, known: Known): LinkText | null {
  const fields = new Map(new URLSearchParams(hash.replace(/^#/, '')));
  const model = fields.get('m') ?? '';
  if (model === '') return null;
  const wrong: string[] = [];
  for (const field of fields.keys()) if (!FIELDS.has(field)) wrong.push(`it has an unknown part “${short(field)}”`);
  const one = (field: string, among: readonly string[], otherwise: string, what: string): string => {
    const value = fields.get(field) ?? otherwise;
    if (among.includes(value)) return value;
    wrong.push(`there is no ${what} “${short(value)}”`);
    return otherwise;
  };
  const inputs = named(fields.get('in'), 'the size of an input', wrong, (text) => {
    const extents = text.split('x').map(decoded);
    return extents.every((e) => e !== null && e !== '') ? (extents as string[]) : null;
  });
  const bind = named(fields.get('b'), 'the size of a dimension', wrong, (text) => {
    const n = Number(text);
    return text !== '' && Number.isSafeInteger(n) && n >= 0 ? n : null;
  });
  // Only drawings are zoomed.
  const first = fields.has('z') ? 'treemap' : 'layers';
  const dev = fields.get('dev');
  const at = dev?.lastIndexOf(':') ?? -1;
  return {
    model,
    inputs,
    bind,
    convention: one('as', known.conventions, 'exact', 'convention'),
    view: known.views === null ? (fields.get('v') ?? first) : one('v', known.views, first, 'view'),
    by: fields.get('by') ?? 'macs',
    focus: fields.get('z') ?? '',
    selected: fields.get('s') ?? null,
    other: fields.get('c') ?? null,
    device:
      dev === undefined ? null : { device: at < 0 ? dev : dev.slice(0, at), peak: at < 0 ? '' : dev.slice(at + 1) },
    filter: fields.get('f') ?? '',
    grain: one('g', ['modules', 'layers', 'operators'], 'modules', 'kind of row'),
    sort: fields.get('o') ?? null,
    extra: fields.get('x') ?? null,
    wrong,
  };
}

/** `name:value;name:value`, names and values encoded. What cannot be read is said and left out. */
function named<T>(
  text: string | undefined,
  what: string,
  wrong: string[],
  value: (text: string) => T | null,
): Readonly<Record<string, T>> {
  const found: [string, T][] = [];
  for (const part of (text ?? '').split(';').filter((p) => p !== '')) {
    const colon = part.lastIndexOf(':');
    const name = colon < 0 ? null : decoded(part.slice(0, colon));
    const own = colon < 0 ? null : value(part.slice(colon + 1));
    if (name === null || own === null) wrong.push(`${what} cannot be read: “${short(part)}”`);
    else found.push([name, own]);
  }
  return Object.fromEntries(found);
}

/** Percent escapes resolved; null where they are broken. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** A piece of a link, short enough to be quoted and without invisible characters. */
function short(text: string): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u25a1');
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}
