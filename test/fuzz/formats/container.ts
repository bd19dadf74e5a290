import { gzipSync } from 'node:zlib';
import { gunzipSync } from 'fflate';
import { tarOf } from '../../wire/tar-build.js';
import { zipOf } from '../../wire/zip-build.js';
import { BYTES, type Mutate } from '../bytes.js';
import { type FuzzFormat, fixtures, type Seed } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';
import { mutateZip } from '../zip.js';

const CFG = new TextEncoder().encode(
  '[net]\nwidth=16\nheight=16\nchannels=3\n[convolutional]\nfilters=8\nsize=3\npad=1\n[maxpool]\nsize=2\nstride=2\n[avgpool]\n',
);

/** One model in each container, and in containers within each other. */
function packed(): Seed[] {
  const onnx = fixtures('onnx', /^lstm.*\.onnx$/, 40_000)[0];
  const models = { 'net/net.cfg': CFG, ...(onnx && { 'lstm.onnx': onnx.bytes }) };
  return Object.entries(models).flatMap(([name, bytes]) => {
    const tar = tarOf({ 'README.md': new TextEncoder().encode('# A model'), [name]: bytes });
    return [
      { name: 'model.gz', bytes: gzipSync(bytes) },
      { name: 'model.tar', bytes: tar },
      { name: 'model.tar.gz', bytes: gzipSync(tar) },
      {
        name: 'model.zip',
        bytes: zipOf([
          { name: 'README.md', data: '# A model' },
          { name, data: bytes, deflate: true },
        ]),
      },
      { name: 'nested.zip', bytes: zipOf([{ name: 'a.tar.gz', data: gzipSync(tar) }]) },
    ];
  });
}

/** What a changed gzip may unfold to here: it may announce any size. */
const MOST = 2 ** 21;

/** What lies in a gzip, changed and compressed again. */
const insideGzip: Mutate = (bytes, random, others) => {
  const announced =
    bytes.length < 4 ? MOST : new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (bytes[0] !== 0x1f || announced >= MOST) return bytes;
  try {
    return gzipSync(random.pick([...BYTES, ...TEXT.map(onBytes), tarHeader])(gunzipSync(bytes), random, others));
  } catch {
    return bytes;
  }
};

/** A field of a tar's header: name, size, checksum, kind of entry. */
const tarHeader: Mutate = (bytes, random) => {
  const blocks = Math.floor(bytes.length / 512);
  if (blocks === 0) return bytes;
  const out = bytes.slice();
  const at = 512 * random.below(blocks) + random.pick([0, 124, 124, 148, 156, 257, 345]);
  const text = random.pick([
    '77777777777\0',
    '00000000000\0',
    '-1',
    '\x80\0\0\0\0\0\0\0\0\0\x10',
    '../../etc/',
    'x',
    'L',
    'g',
    '5',
    '\0',
  ]);
  for (let i = 0; i < text.length && at + i < out.length; i++) out[at + i] = text.charCodeAt(i);
  return out;
};

const container: FuzzFormat = {
  id: 'container',
  seeds: packed,
  mutations: [insideGzip, tarHeader, mutateZip([[/./, [...BYTES, ...TEXT.map(onBytes), insideGzip]]])],
};

export default container;
