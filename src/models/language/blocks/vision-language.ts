import type { Note } from '../../../ledger/index.js';
import * as nn from '../../../torch/nn/index.js';
import { Config } from '../config.js';
import { checkSizes } from '../sizes-check.js';
import type { Architecture, Builder, BuildOptions, FreeDim } from './model.js';
import { lastPosition } from './model.js';
import { activation, type Layer, linear } from './parts.js';
import { type Parts, unit } from './unit.js';
import { headUnknown, pairOf } from './vit.js';

/** Images or sounds and what becomes of them: the parts under the names of checkpoints, and the tokens that they give. */
export interface Sight {
  readonly parts: Parts;
  readonly run: (given: nn.Tensor, ...more: nn.Tensor[]) => nn.Tensor;
  /** What the tower takes, if that is not one image of `size` a row, or several pieces of one; and what else it takes. */
  readonly input?: (free: FreeDim) => nn.InputSpec;
  readonly more?: (free: FreeDim) => nn.InputSpec;
  /** Height and width of an image where the caller says nothing. */
  readonly size: readonly [number, number];
  readonly channels: number;
  /** Pieces that an image is cut into, each through the tower, and how many where the caller says nothing. */
  readonly tiles?: number;
  /** Why no pass can run it, as the reference cannot either: its parameters are counted, and passes have none of its input. */
  readonly impossible?: string;
}
export interface VisionLanguage {
  readonly type: string;
  /** Configuration of the language model: under `text_config`, or where the type keeps it; with the defaults of the whole. */
  readonly text: (c: Config) => Config;
  /** One kind of input, or several, whose tokens follow each other. */
  readonly sight: (c: Config, text: Config) => Sight | readonly Sight[];
  readonly language?: string;
  /**
   * Whether the language model keeps its head, and all parts are beside each other; `flat` where the head is beside
   * them as well.
   */
  readonly nested?: boolean | 'flat';
  /** Whether the head is the table of words where the file says nothing; `text` where the language model's own says it. */
  readonly tied: boolean | 'text';
  /** Parts of the whole that a pass does not run, such as a decoder of images. */
  readonly unused?: (c: Config) => Parts;
}

/** A configuration inside; if the file has none, what the whole type says in its place. */
export function inside(
  c: Config,
  name: string,
  type: string,
  otherwise: Readonly<Record<string, unknown>> = {},
): Config {
  const value = c.get(name);
  if (value === undefined || value === null) return new Config(type, otherwise);
  const found = c.sub(name, type);
  // Some files give their parts the name of the whole.
  return found.type === c.type ? found.as(type) : found;
}
export const textOf =
  (type: string, otherwise: Readonly<Record<string, unknown>> = {}) =>
  (c: Config): Config =>
    inside(c, 'text_config', type, otherwise);

/** The language model inside, without its head. */
function languageModel(text: Config, o: BuildOptions): Architecture {
  const build = o.builderOf?.(text.type) ?? null;
  if (build === null) throw text.wrong('model_type', 'is a language model that is not known');
  checkSizes(text);
  return build(text, { ...o, architecture: 'Model' });
}

type Words = nn.Module<[ids: nn.Tensor, mask: nn.Tensor, inserted?: nn.Tensor], nn.Tensor>;
type Given = [ids: nn.Tensor, mask: nn.Tensor, ...images: nn.Tensor[]];

function tableOf(words: Words): nn.Embedding | undefined {
  return words.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
}

/** The tokens of one image or sound, in the type of the words. */
function seenBy(sight: Sight, words: Words, given: nn.Tensor, ...more: nn.Tensor[]): nn.Tensor {
  const table = tableOf(words);
  const pixels = table === undefined ? given : given.to(table.weight.dtype);
  if (sight.tiles === undefined) return sight.run(pixels, ...more);
  const [n, tiles] = [pixels.size(0), nn.int(pixels.size(1))];
  const seen = sight.run(pixels.flatten(0, 1));
  return seen.reshape(n, tiles * nn.int(seen.size(1)), seen.size(2));
}

/** The language model, with what its towers make of what is given beside the words. */
function withSights(sights: readonly Sight[], words: Words): (...x: Given) => nn.Tensor {
  return (ids, mask, ...given) => {
    const left = [...given];
    const seen: nn.Tensor[] = [];
    for (const sight of left.length === 0 ? [] : sights) {
      const own = left.splice(0, sight.more === undefined ? 1 : 2) as [nn.Tensor, ...nn.Tensor[]];
      seen.push(seenBy(sight, words, ...own));
    }
    return words(ids, mask, seen.length > 1 ? nn.functional.cat(seen, 1) : seen[0]);
  };
}

/** Towers, projectors and a language model: one image or sound a row, its tokens among those of the sequence. */
export function visionLanguage(s: VisionLanguage): Builder {
  return (c, o) => {
    const text = s.text(c);
    const made = s.sight(c, text);
    const every = (Array.isArray(made) ? made : [made]) as readonly Sight[];
    const sights = every.filter((sight) => sight.impossible === undefined);
    const notes = every.flatMap(({ impossible }): Note[] =>
      impossible === undefined ? [] : [{ code: 'not-counted', message: impossible }],
    );
    const language = languageModel(text, o);
    const words = language.module as unknown as Words;
    const run = withSights(sights, words);
    const parts: Parts = {
      ...(Object.assign({}, ...every.map((sight) => sight.parts)) as Parts),
      [s.language ?? 'language_model']: words as never,
      ...s.unused?.(c),
    };
    const model = unit(`${s.type}Model`, parts, run);
    const inputs: Architecture['inputs'] = (free) => [
      ...language.inputs(free),
      ...(firstPass(free) ? sights.flatMap((sight) => inputsOf(sight, free)) : []),
    ];
    const name = o.architecture;
    if (!/(?:Model|ConditionalGeneration|CausalLM)$/.test(name) && name !== '') throw headUnknown(c, name);
    const module = /Model$/.test(name) ? model : withWords(s, c, o, { text, words, model, parts, run });
    return { module, inputs, kept: language.kept, notes };
  };
}

/** The same with a head of words, which is in the whole or in the language model inside. */
function withWords(
  s: VisionLanguage,
  c: Config,
  o: BuildOptions,
  made: {
    readonly text: Config;
    readonly words: Words;
    readonly model: nn.Module<Given, nn.Tensor>;
    readonly parts: Parts;
    readonly run: (...x: Given) => nn.Tensor;
  },
): nn.AnyModule {
  const { text, words, model, run } = made;
  const head = linear(text.size('hidden_size'), text.size('vocab_size')) as unknown as nn.Linear;
  const tied = s.tied === 'text' ? text.bool('tie_word_embeddings', true) : c.bool('tie_word_embeddings', s.tied);
  const table = tied ? tableOf(words) : undefined;
  if (table !== undefined) head.weight = table.weight;
  const last = lastPosition(o);
  const name = o.architecture || `${s.type}ForConditionalGeneration`;
  const whole = (parts: Parts, of: (...x: Given) => nn.Tensor): nn.AnyModule =>
    unit(name, parts, (...x: Given) => head(last(of(...x))));
  if (!s.nested) return whole({ model: model as never, lm_head: head }, model);
  // Each part stands in its place; in the flat form the head is behind the language model.
  const at = s.language ?? 'language_model';
  const inner = unit(`${s.type}ForCausalLM`, { model: words as never, lm_head: head }, (x: nn.Tensor) => x);
  const parts = Object.entries(made.parts).flatMap(([part, module]) => {
    if (part !== at) return [[part, module] as const];
    return s.nested === 'flat'
      ? ([
          [part, module],
          ['lm_head', head],
        ] as const)
      : ([[part, inner]] as const);
  });
  return whole(Object.fromEntries(parts), run);
}
/** Images are seen in the first pass alone: not by one token after others. */
export function firstPass(free: FreeDim): boolean {
  const past = free('past');
  return past === 0 || (typeof past === 'object' && free('sequence') !== 1);
}
function inputsOf(sight: Sight, free: FreeDim): nn.InputSpec[] {
  const more = sight.more === undefined ? [] : [sight.more(free)];
  if (sight.input !== undefined) return [sight.input(free), ...more];
  const tiles = sight.tiles === undefined ? [] : [free('tiles', sight.tiles)];
  return [{ name: 'pixel_values', shape: [free('batch'), ...tiles, sight.channels, ...sight.size] }, ...more];
}

/** Height, width and channels of the images that a tower takes. */
export const sized = (v: Config): Pick<Sight, 'size' | 'channels'> => ({
  size: pairOf(v, 'image_size', 224),
  channels: v.int('num_channels', 3),
});

/** Two matrices between a tower's tokens and the language model. */
export function twoLayers(
  type: string,
  sizes: readonly [from: number, between: number, to: number],
  act: (x: nn.Tensor) => nn.Tensor,
  o: { bias?: boolean; names?: readonly [string, string]; norm?: readonly [string, Layer] } = {},
): Layer {
  const [first, second] = o.names ?? ['linear_1', 'linear_2'];
  const bias = o.bias ?? true;
  const [one, two] = [linear(sizes[0], sizes[1], bias), linear(sizes[1], sizes[2], bias)];
  return unit(type, { ...(o.norm ? { [o.norm[0]]: o.norm[1] } : {}), [first]: one, [second]: two }, (x: nn.Tensor) =>
    two(act(one(o.norm?.[1](x) ?? x))),
  );
}
/** The activation of a projector. */
export const projectorAct = (c: Config, fallback = 'gelu'): ((x: nn.Tensor) => nn.Tensor) =>
  activation(c, 'projector_hidden_act', fallback);
