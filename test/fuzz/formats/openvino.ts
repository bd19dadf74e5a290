import { controlled, network, old } from '../../formats/openvino-build.js';
import type { Mutate } from '../bytes.js';
import type { FuzzFormat } from '../seeds.js';

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One of the matches of a pattern, made another. */
const replaced =
  (pattern: RegExp, of: (match: string, all: readonly string[], below: (n: number) => number) => string): Mutate =>
  (bytes, random) => {
    const text = decode(bytes);
    const all = [...text.matchAll(pattern)];
    if (all.length === 0) return bytes;
    const found = random.pick(all);
    const words = all.map((m) => m[0]);
    const made = of(found[0], words, (n) => random.below(n));
    return encode(text.slice(0, found.index) + made + text.slice(found.index + found[0].length));
  };

const NUMBERS = [
  '-1',
  '0',
  '1',
  '2',
  '7',
  '65536',
  '4294967296',
  '9007199254740993',
  '-9223372036854775808',
  '1e9',
  '',
];
const number = replaced(/(?<=[">, ])-?\d+(?=[",< ])/g, (_, all, below) =>
  below(2) === 0 ? (NUMBERS[below(NUMBERS.length)] as string) : (all[below(all.length)] as string),
);
const type = replaced(/type="[A-Za-z]+"/g, (_, all, below) => all[below(all.length)] as string);
const attribute = replaced(/ [a-z_]+="[^"]*"/g, (_, all, below) =>
  below(2) === 0 ? '' : (all[below(all.length)] as string),
);
const element = replaced(/<(?:layer|edge|port|dim)\b[^>]*>/g, (match, all, below) =>
  below(3) === 0 ? '' : below(2) === 0 ? match + match : (all[below(all.length)] as string),
);

/** Networks as XML. */
const openvino: FuzzFormat = {
  id: 'openvino',
  seeds: () => [
    { name: 'network.xml', bytes: encode(network()) },
    { name: 'free.xml', bytes: encode(network('?')) },
    { name: 'controlled.xml', bytes: encode(controlled()) },
    { name: 'old.xml', bytes: encode(old()) },
  ],
  mutations: [number, number, type, attribute, element],
};

export default openvino;
