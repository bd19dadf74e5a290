/** Extents of an encoded image by its first bytes; undefined where the format is none of these, or the bytes end before. */
export function imageSize(bytes: Uint8Array): { readonly height: number; readonly width: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const found = FORMATS.find((f) => f.begins(view))?.size(view);
    return found === undefined || found.height < 1 || found.width < 1 ? undefined : found;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the header is cut off
    throw error;
  }
}

type Size = { readonly height: number; readonly width: number };

interface Format {
  readonly begins: (v: DataView) => boolean;
  readonly size: (v: DataView) => Size | undefined;
}

const u16 = (v: DataView, at: number, little = false): number => v.getUint16(at, little);
const u32 = (v: DataView, at: number, little = false): number => v.getUint32(at, little);

const FORMATS: readonly Format[] = [
  // PNG: the header chunk comes first
  {
    begins: (v) => u32(v, 0) === 0x89504e47,
    size: (v) => ({ width: u32(v, 16), height: u32(v, 20) }),
  },
  { begins: (v) => u16(v, 0) === 0xffd8, size: jpegSize },
  // BMP: a negative height means that rows run downwards
  {
    begins: (v) => u16(v, 0) === 0x424d,
    size: (v) => ({ width: v.getInt32(18, true), height: Math.abs(v.getInt32(22, true)) }),
  },
  { begins: (v) => u32(v, 0) === 0x52494646 && u32(v, 8) === 0x57454250, size: webpSize },
  // JPEG 2000: a box `jP  `, within which `ihdr` states the extents
  { begins: (v) => u32(v, 4) === 0x6a502020, size: jpeg2000Size },
  { begins: (v) => u16(v, 0) === 0x4949 || u16(v, 0) === 0x4d4d, size: tiffSize },
  { begins: (v) => v.getUint8(0) === 0x50 && v.getUint8(1) >= 0x31 && v.getUint8(1) <= 0x37, size: pnmSize },
];

/** Segments until the start of a frame, which has one of the markers C0–CF without C4, C8 and CC. */
function jpegSize(v: DataView): Size | undefined {
  for (let at = 2; at + 9 <= v.byteLength; ) {
    if (v.getUint8(at) !== 0xff) return undefined;
    const marker = v.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: u16(v, at + 5), width: u16(v, at + 7) };
    else at += 2 + u16(v, at + 2);
  }
  return undefined;
}

function webpSize(v: DataView): Size | undefined {
  const u24 = (at: number): number => v.getUint8(at) + 256 * u16(v, at + 1, true);
  switch (u32(v, 12)) {
    case 0x56503820: // VP8: after the frame tag and its start code
      return { width: u16(v, 26, true) & 0x3fff, height: u16(v, 28, true) & 0x3fff };
    case 0x5650384c: {
      const bits = u32(v, 21, true); // VP8L: 14 bits each, less one
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503858: // VP8X: 24 bits each, less one
      return { width: u24(24) + 1, height: u24(27) + 1 };
    default:
      return undefined;
  }
}

function jpeg2000Size(v: DataView): Size | undefined {
  for (let at = 0; at + 16 <= Math.min(v.byteLength, 4096); at++)
    if (u32(v, at) === 0x69686472) return { height: u32(v, at + 4), width: u32(v, at + 8) };
  return undefined;
}

/** Tags 256 and 257 of the first directory. */
function tiffSize(v: DataView): Size | undefined {
  const little = u16(v, 0) === 0x4949;
  const directory = u32(v, 4, little);
  const count = u16(v, directory, little);
  const found = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    const short = u16(v, at + 2, little) === 3;
    found.set(u16(v, at, little), short ? u16(v, at + 8, little) : u32(v, at + 8, little));
  }
  const [width, height] = [found.get(256), found.get(257)];
  return width === undefined || height === undefined ? undefined : { width, height };
}

/** `P6 width height …` as text, with comments. */
function pnmSize(v: DataView): Size | undefined {
  const head = String.fromCharCode(...new Uint8Array(v.buffer, v.byteOffset, Math.min(v.byteLength, 512)));
  const [, width, height] = head.replace(/#[^\n]*/g, ' ').split(/\s+/);
  return { width: Number(width) || 0, height: Number(height) || 0 };
}
