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
    const base = language.module as unknown as nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor?], nn.Tensor>;
    const see = (sight: Sight, given: nn.Tensor, ...more: nn.Tensor[]): nn.Tensor => {
      const table = base.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
      const pixels = table === undefined ? given : given.to(table.weight.dtype);
      if (sight.tiles === undefined) return sight.run(pixels, ...more);
      const [n, tiles] = [pixels.size(0), nn.int(pixels.size(1))];
      const seen = sight.run(pixels.flatten(0, 1));
      return seen.reshape(n, tiles * nn.int(seen.size(1)), seen.size(2));
    };
    const run = (ids: nn.Tensor, mask: nn.Tensor, ...given: nn.Tensor[]): nn.Tensor => {
      const left = [...given];
      const seen: nn.Tensor[] = [];
      for (const sight of left.length === 0 ? [] : sights)
        seen.push(see(sight, ...(left.splice(0, sight.more === undefined ? 1 : 2) as [nn.Tensor, ...nn.Tensor[]])));
      const all = seen.length > 1 ? nn.functional.cat(seen, 1) : seen[0];
      return base(ids, mask, all);
    };
    const inputs: Architecture['inputs'] = (free) => {
      return [...language.inputs(free), ...(firstPass(free) ? sights.flatMap((sight) => inputsOf(sight, free)) : [])];
    };
    const name = o.architecture;
    const own: Parts = Object.assign({}, ...every.map((sight) => sight.parts));
    const unused = s.unused?.(c) ?? {};
    const model = unit(`${s.type}Model`, { ...own, [s.language ?? 'language_model']: base as never, ...unused }, run);
    if (/Model$/.test(name)) return { module: model, inputs, kept: language.kept, notes };
    if (!/(?:ConditionalGeneration|CausalLM)$/.test(name) && name !== '') throw headUnknown(c, name);
    const head = linear(text.size('hidden_size'), text.size('vocab_size')) as unknown as nn.Linear;
    const tied = s.tied === 'text' ? text.bool('tie_word_embeddings', true) : c.bool('tie_word_embeddings', s.tied);
    if (tied) {
      const table = base.modules().find((m) => m instanceof nn.Embedding) as nn.Embedding | undefined;
      if (table !== undefined) head.weight = table.weight;
    }
    const last = lastPosition(o);
    const inner =
      s.nested === 'flat'
        ? unit(`${s.type}Base`, {}, (x: nn.Tensor) => x)
        : s.nested
          ? unit(`${s.type}ForCausalLM`, { model: base as never, lm_head: head }, (x: nn.Tensor) => x)
          : null;
    const parts: Parts =
      inner === null
        ? { model: model as never, lm_head: head }
        : s.nested === 'flat'
          ? { ...own, [s.language ?? 'language_model']: base as never, lm_head: head, ...unused }
          : { ...own, [s.language ?? 'language_model']: inner, ...unused };
    return {
      module: unit(name || `${s.type}ForConditionalGeneration`, parts, (...x: [nn.Tensor, nn.Tensor, ...nn.Tensor[]]) =>
        head(last(inner === null ? model(...x) : run(...x))),
      ),
      inputs,
      kept: language.kept,
      notes,
    };
  };
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
