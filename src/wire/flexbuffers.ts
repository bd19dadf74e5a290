/** Types of FlatBuffers' schemaless form, by the upper six bits of a type byte. */
const VECTOR = 10;
const STRING = 5;
const BLOB = 25;

/**
 * The texts of a FlexBuffer whose root is a vector of texts, as bytes; null for anything else. What custom operators of
 * TensorFlow Lite keep their options in. Offsets count back from where they are; widths are in the lower two type bits.
 */
export function flexTexts(view: DataView): Uint8Array[] | null {
  const size = view.byteLength;
  if (size < 3) return null;
  const [width, type] = [view.getUint8(size - 1), view.getUint8(size - 2)];
  if (type >> 2 !== VECTOR) return null;
  const vector = target(view, size - 2 - width, width);
  const each = 1 << (type & 3);
  const length = vector === null ? null : unsigned(view, vector - each, each);
  if (vector === null || length === null || length * (each + 1) > size) return null;
  const texts: Uint8Array[] = [];
  for (let i = 0; i < length; i++) {
    const own = unsigned(view, vector + length * each + i, 1);
    const at = target(view, vector + i * each, each);
    if (own === null || at === null || (own >> 2 !== STRING && own >> 2 !== BLOB)) return null;
    const bytes = unsigned(view, at - (1 << (own & 3)), 1 << (own & 3));
    if (bytes === null || at + bytes > size) return null;
    texts.push(new Uint8Array(view.buffer, view.byteOffset + at, bytes));
  }
  return texts;
}

/** Where an offset leads. */
function target(view: DataView, at: number, width: number): number | null {
  const offset = unsigned(view, at, width);
  return offset === null || offset > at ? null : at - offset;
}

function unsigned(view: DataView, at: number, width: number): number | null {
  if (at < 0 || at + width > view.byteLength) return null;
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return null;
  }
}
