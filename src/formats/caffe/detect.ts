/** As in `model.format` of a report. */
export const FORMAT = 'caffe';

/** A network of Caffe in text: layers, or inputs and then layers. A solver's settings are none. */
function isNet(text: string): boolean {
  const bare = text.replace(/#[^\n]*/g, '');
  if (!/^\s*(name|layers?|input|input_dim|input_shape|force_backward|state|debug_info)\s*[:{]/.test(bare)) return false;
  return /(^|\n|\})\s*layers?\s*:?\s*\{\s*(name|type|bottom|top|layer|include|param|phase)\s*[:{]/.test(bare);
}

/** NetParameter in binary: a name, then layers of which each begins with its name or what it reads. */
function isBinaryNet(head: Uint8Array): boolean {
  let at = 0;
  const varint = (): number => {
    let [value, shift] = [0, 0];
    for (; at < head.length; shift += 7) {
      const byte = head[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  const skip = (): void => {
    const length = varint();
    at += length;
  };
  for (let fields = 0; fields < 16; fields++) {
    const key = varint();
    if (key === 10 || key === 26) {
      skip(); // the network's name, an input's name
      continue;
    }
    if (key === 32) {
      varint(); // an extent of an input
      continue;
    }
    if (key === 66) {
      skip(); // a shape of an input
      continue;
    }
    if (key !== 802 && key !== 18) return false;
    // A layer: of the new kind its name and type are text, of the old kind its type is a number.
    const end = varint() + at;
    let [named, typed] = [false, false];
    while (at < Math.min(end, head.length) && !(named && typed)) {
      const inner = varint();
      if (Number.isNaN(inner)) return false;
      const [number, wire] = [Math.floor(inner / 8), inner & 7];
      if (key === 802 ? number === 1 && wire === 2 : number === 4 && wire === 2) named = true;
      if (key === 802 ? number === 2 && wire === 2 : number === 5 && wire === 0) typed = true;
      if (wire === 2) skip();
      else if (wire === 0) varint();
      else if (wire === 5) at += 4;
      else return false;
    }
    return named && typed;
  }
  return false;
}

/** Which form of a network a file is; null for none. */
export function formOf(head: Uint8Array): 'text' | 'binary' | null {
  // Text has no zeros and few bytes outside ASCII.
  if (!head.subarray(0, 512).includes(0) && isNet(new TextDecoder().decode(head))) return 'text';
  return isBinaryNet(head) ? 'binary' : null;
}
