import type { Weight } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { sameType, type TensorType } from '../../tensor/index.js';
import { FORMAT, type Json } from './json.js';
import type { Sizes } from './sizes.js';

/** A parameter, buffer or constant as the signature lists it. */
export interface SignatureTensor {
  /** Its name in the graph. */
  readonly arg: string;
  /** The module's path and its own name: `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly kind: Weight['kind'];
  readonly type: TensorType;
  readonly trainable: boolean;
}

/** One input of the graph by the signature: a stored tensor, or an input of the caller by its name. */
export type InputSpec =
  | { readonly kind: 'stored'; readonly stored: SignatureTensor }
  | { readonly kind: 'user'; readonly arg: Json }
  | { readonly kind: 'other' };

/** The specification of every input, with the types that the graph states. */
export function inputSpecs(signature: Json, tensors: ReadonlyMap<string, Json>, sizes: Sizes): InputSpec[] {
  return signature
    .get('input_specs')
    .items()
    .map((spec): InputSpec => {
      const { tag, body } = spec.tagged();
      switch (tag) {
        case 'parameter':
          return stored(body, 'parameter', 'parameter_name', tensors, sizes);
        case 'buffer':
          return stored(body, 'buffer', 'buffer_name', tensors, sizes);
        case 'tensor_constant':
          return stored(body, 'constant', 'tensor_constant_name', tensors, sizes);
        case 'user_input':
          return { kind: 'user', arg: body.get('arg') };
        default: // custom objects, tokens, constant inputs: no tensors
          return { kind: 'other' };
      }
    });
}

function stored(
  body: Json,
  kind: Weight['kind'],
  field: string,
  tensors: ReadonlyMap<string, Json>,
  sizes: Sizes,
): InputSpec {
  const arg = body.get('arg').get('name').text();
  const name = body.get(field).text();
  const meta = tensors.get(arg);
  const type = meta === undefined ? null : sizes.type(meta);
  if (meta === undefined || type === null)
    throw new ModelError('malformed', `the graph says nothing of the ${kind} ${name}`, {
      format: FORMAT,
      at: { field: name },
      hint: 'The file is damaged: export it again.',
    });
  const requires = meta.get('requires_grad');
  return {
    kind: 'stored',
    stored: { arg, name, kind, type, trainable: kind === 'parameter' && requires.value === true },
  };
}

/**
 * One weight for each stored tensor, tied ones being one. Files list a tied tensor under all its names, but the graph uses
 * one of them only: a name that the graph does not use is the same tensor as a used one that is at the same place in
 * the archive, or, where the archive does not keep places apart, as the one that the module of that name computes with.
 */
export function weightsOf(all: readonly SignatureTensor[], config: Json | null, usage: Usage): Map<string, Weight> {
  const places = placesOf(config);
  const byPlace = new Map<string, SignatureTensor[]>();
  for (const s of all) {
    const place = places.get(s.name);
    if (place !== undefined) byPlace.set(place, [...(byPlace.get(place) ?? []), s]);
  }
  // A place that holds tensors of several shapes: the archive was written without contents, and no place tells anything.
  if ([...byPlace.values()].some((group) => !group.every((t) => sameType(t.type, (group[0] as SignatureTensor).type))))
    byPlace.clear();
  const byArg = new Map(all.map((s) => [s.arg, s]));
  const root = new Map<SignatureTensor, SignatureTensor>();
  for (const s of all) {
    if (usage.used.has(s.arg)) continue;
    const group = byPlace.get(places.get(s.name) ?? '') ?? [];
    const used = group.filter((other) => usage.used.has(other.arg));
    const place = used.length === 1 ? used[0] : used.length === 0 && group.length > 1 ? group[0] : undefined;
    const partner = place ?? partnerOf(s, usage, byArg);
    if (partner !== undefined && partner !== s && sameType(partner.type, s.type)) root.set(s, partner);
  }
  if (byPlace.size === 0) tieUncalled(all, root, usage);
  const weights = new Map<string, Weight>();
  const made = new Map<SignatureTensor, Weight>();
  for (const s of all) {
    const own = root.get(s) ?? s;
    const known = made.get(own);
    if (known !== undefined) {
      (known.aliases as string[]).push(s.name);
      weights.set(s.arg, known);
      continue;
    }
    const weight: Weight = {
      name: s.name,
      aliases: [],
      kind: s.kind,
      trainable: s.trainable,
      dtype: own.type.dtype,
      shape: own.type.shape,
    };
    made.set(own, weight);
    weights.set(s.arg, weight);
  }
  return weights;
}

/** Which stored tensors the graph uses, and which the own operators of each module, by its path. */
export interface Usage {
  readonly used: ReadonlySet<string>;
  readonly byModule: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The tensor of another module that the module of this unused one computes with, under the same name. */
function partnerOf(
  s: SignatureTensor,
  usage: Usage,
  byArg: ReadonlyMap<string, SignatureTensor>,
): SignatureTensor | undefined {
  const [module, leaf] = splitName(s.name);
  for (const arg of usage.byModule.get(module) ?? []) {
    const other = byArg.get(arg);
    if (other === undefined || other.kind !== s.kind || !sameType(other.type, s.type)) continue;
    const [owner, name] = splitName(other.name);
    if (owner !== module && name === leaf) return other;
  }
  return undefined;
}

/**
 * A tensor that nothing uses, of a module that is never called, in an archive that keeps no places apart: where several
 * names are one tensor already and this one ends like them, it is another name of it (a module made once and handed to
 * several others).
 */
function tieUncalled(all: readonly SignatureTensor[], root: Map<SignatureTensor, SignatureTensor>, usage: Usage): void {
  const ending = (name: string): string => name.split('.').slice(-2).join('.');
  const shared = new Map<string, SignatureTensor[]>();
  for (const target of new Set(root.values()))
    shared.set(ending(target.name), [...(shared.get(ending(target.name)) ?? []), target]);
  for (const s of all) {
    if (usage.used.has(s.arg) || root.has(s) || usage.byModule.has(splitName(s.name)[0])) continue;
    const same = (shared.get(ending(s.name)) ?? []).filter((o) => o.kind === s.kind && sameType(o.type, s.type));
    if (same.length === 1) root.set(s, same[0] as SignatureTensor);
  }
}

/** A tensor's module and its own name there. */
export function splitName(name: string): [module: string, leaf: string] {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function placesOf(config: Json | null): Map<string, string> {
  const places = new Map<string, string>();
  if (config === null || config.get('config').missing) return places;
  for (const [name, entry] of config.get('config').entries()) {
    const path = entry.get('path_name');
    const offset = entry.get('tensor_meta').get('storage_offset');
    if (!path.missing) places.set(name, `${path.text()} ${offset.missing ? '' : JSON.stringify(offset.value)}`);
  }
  return places;
}
