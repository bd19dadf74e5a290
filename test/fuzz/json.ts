import { INTEGERS, NAMES, NUMBERS, type Random } from './random.js';
import type { MutateText } from './text.js';

/** JSON as a tree that keeps what objects cannot: repeated keys, `__proto__`, numbers of any size. */
type Json =
  | { kind: 'object'; members: [string, Json][] }
  | { kind: 'array'; items: Json[] }
  | { kind: 'raw'; text: string };

/** Text nested deeper than this is refused by every reader; the fuzzer itself must not fail on it. */
const DEEPEST = 1500;

function lift(value: unknown, depth = 0): Json {
  if (depth > DEEPEST) return { kind: 'raw', text: 'null' };
  if (Array.isArray(value)) return { kind: 'array', items: value.map((item) => lift(item, depth + 1)) };
  if (typeof value === 'object' && value !== null)
    return { kind: 'object', members: Object.entries(value).map(([key, v]) => [key, lift(v, depth + 1)]) };
  return { kind: 'raw', text: JSON.stringify(value) };
}

function print(json: Json, depth = 0): string {
  if (depth > DEEPEST) return 'null';
  if (json.kind === 'array') return `[${json.items.map((item) => print(item, depth + 1)).join(',')}]`;
  if (json.kind === 'object')
    return `{${json.members.map(([k, v]) => `${JSON.stringify(k)}:${print(v, depth + 1)}`).join(',')}}`;
  return json.text;
}

/** All places of the tree, as functions that put another value there. */
function places(json: Json, out: { value: Json; put: (v: Json) => void }[] = []): typeof out {
  if (json.kind === 'array')
    json.items.forEach((item, i) => {
      out.push({ value: item, put: (v) => (json.items[i] = v) });
      places(item, out);
    });
  if (json.kind === 'object')
    for (const member of json.members) {
      out.push({ value: member[1], put: (v) => (member[1] = v) });
      places(member[1], out);
    }
  return out;
}

function leaf(random: Random): Json {
  const kind = random.below(6);
  if (kind === 0)
    return { kind: 'raw', text: random.pick(['null', 'true', 'false', '[]', '{}', '""', '[[]]', '[null]']) };
  if (kind === 1) return { kind: 'raw', text: JSON.stringify(random.pick(NAMES)) };
  if (kind === 2) return { kind: 'raw', text: random.pick(NUMBERS) };
  if (kind === 3) return { kind: 'raw', text: `${'['.repeat(5000)}${']'.repeat(5000)}` };
  return { kind: 'raw', text: String(random.pick(INTEGERS)) };
}

function containers(json: Json): Json[] {
  const all = [json, ...places(json).map((p) => p.value)];
  return all.filter((v) => v.kind === 'object' || v.kind === 'array');
}

/** Values, members and items of JSON replaced, renamed, repeated, removed, moved. Text that is not JSON is left alone. */
export const mutateJson: MutateText = (text, random) => {
  let root: Json;
  try {
    root = lift(JSON.parse(text));
  } catch {
    return text;
  }
  const all = places(root);
  if (all.length === 0) return print(leaf(random));
  for (let n = 1 + random.below(3); n > 0; n--) {
    const place = random.pick(all);
    const container = random.pick(containers(root));
    switch (random.below(7)) {
      case 0:
      case 1:
        place.put(leaf(random));
        break;
      case 2:
        // A copy, so that the tree stays one.
        place.put({ kind: 'raw', text: print(random.pick(all).value).slice(0, 100_000) });
        break;
      case 3:
        if (container.kind === 'object') container.members.splice(random.below(container.members.length + 1), 1);
        else if (container.kind === 'array') container.items.splice(random.below(container.items.length + 1), 1);
        break;
      case 4:
        if (container.kind === 'object' && container.members.length > 0)
          random.pick(container.members)[0] = random.chance(0.5)
            ? random.pick(NAMES)
            : random.pick(container.members)[0];
        break;
      case 5: {
        const times = random.pick([1, 2, 30]);
        if (container.kind === 'object' && container.members.length > 0) {
          const [key, value] = random.pick(container.members);
          for (let i = 0; i < times; i++) container.members.push([random.chance(0.5) ? key : `${key}${i}`, value]);
        } else if (container.kind === 'array' && container.items.length > 0) {
          const item = random.pick(container.items);
          for (let i = 0; i < times; i++) container.items.push(item);
        }
        break;
      }
      default:
        if (container.kind === 'object') container.members.push([random.pick(NAMES), leaf(random)]);
        else if (container.kind === 'array')
          container.items.splice(random.below(container.items.length + 1), 0, leaf(random));
    }
  }
  return print(root);
};
