import type { Mutate } from '../bytes.js';
import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { decode, encode, TEXT } from '../text.js';

/** The header's JSON changed, its length right again: 8 bytes of length, JSON, data. */
const header: Mutate = (bytes, random) => {
  if (bytes.length < 8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = 8 + Number(view.getBigUint64(0, true));
  if (end > bytes.length) return bytes;
  const json = encode(
    random.pick([mutateJson, mutateJson, mutateJson, ...TEXT])(decode(bytes.subarray(8, end)), random),
  );
  const out = new Uint8Array(8 + json.length + bytes.length - end);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(bytes.subarray(end), 8 + json.length);
  return out;
};

const safetensors: FuzzFormat = {
  id: 'safetensors',
  seeds: () => fixtures('safetensors', /^[^-]+\.safetensors$/, 20_000),
  mutations: [header, header],
};

export default safetensors;
