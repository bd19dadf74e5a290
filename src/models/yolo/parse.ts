import { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { type Arg, type LayerSpec, MAX_LAYERS, MAX_REPEATS, type YoloConfig } from './config.js';
import { type Fail, failureAt } from './failures.js';
import { anchorsPerMap, boxChannels, type Layer, LayerBuilder, type Spent } from './layer-builder.js';
import { layerModule } from './layer-modules.js';
import { layerOf, literal } from './literals.js';
import { withActivation } from './modules.js';
import { roundHalfEven } from './numbers.js';
import type { Value } from './values.js';

export type { Layer } from './layer-builder.js';

/** The layers of a description, scaled, in order. Throws ModelError with the layer's index and line. */
export function parseModel(config: YoloConfig): Layer[] {
  if (config.layers.length > MAX_LAYERS)
    throw new ModelError('limit', `${config.name}: ${config.layers.length} layers`, {
      format: 'yolo',
      hint: `a description has at most ${MAX_LAYERS}`,
    });
  const act = config.activation;
  const general: Fail = (message, hint = null, code = 'unsupported') =>
    new ModelError(code, `${config.name}: activation: cannot read ${message}`, { format: 'yolo', hint });
  const activation =
    act === null
      ? (new nn.SiLU() as nn.AnyModule)
      : layerOf(act, new Map(), (m, hint) => general(m, hint ?? 'write nn.ReLU()'));
  return withActivation(activation, () => {
    const layers: Layer[] = [];
    const spent: Spent = { repeats: 0, parts: 0 };
    for (const i of config.layers.keys()) layers.push(parseLayer(config, layers, i, spent));
    return layers;
  });
}

/** Layer `i` of a description, after those before it. */
function parseLayer(config: YoloConfig, before: readonly Layer[], i: number, spent: Spent): Layer {
  const spec = config.layers[i] as LayerSpec;
  const fail = failureAt(config, spec, i);
  const from = Array.isArray(spec.from)
    ? (spec.from as readonly number[]).map((f) => resolveFrom(f, i, fail))
    : resolveFrom(spec.from as number, i, fail);
  const values = argumentsOf(config, spec, fail);
  // A single repeat stays one at any depth.
  const repeats = spec.repeats > 1 ? Math.max(roundHalfEven(spec.repeats * config.depth_multiple), 1) : spec.repeats;
  if (!(repeats <= MAX_REPEATS)) throw fail(`${repeats} repeats`, `at most ${MAX_REPEATS} are built`, 'limit');
  return layerModule(new LayerBuilder({ config, before, spec, from, repeats, spent, fail }), values);
}

/** The arguments of a layer, with the description's own numbers for `nc`, `anchors`, `na`, `no` and `ch`. */
function argumentsOf(config: YoloConfig, spec: LayerSpec, fail: Fail): Value[] {
  const names = new Map<string, Value>([
    ['nc', config.nc],
    ['anchors', config.anchors],
    ['na', anchorsPerMap(config)],
    ['no', boxChannels(config)],
    ['ch', config.ch],
  ]);
  return spec.args.map((arg: Arg) =>
    literal(arg, names, (m, hint) =>
      fail(`cannot read ${m}`, hint ?? 'write numbers, None, True, False, nc or anchors', 'unsupported'),
    ),
  );
}

/** The index that a `from` means, −1 for the image. */
function resolveFrom(f: number, i: number, fail: Fail): number {
  const at = f < 0 ? i + f : f;
  if (at === -1 && f === -1) return -1; // the first layer takes the image
  if (at < 0) throw fail(`takes layer ${f}, but only ${i} layers come before it`, 'count back from this layer');
  if (at >= i)
    throw fail(
      `takes layer ${at}, which does not come before it`,
      i === 0 ? 'the first layer takes −1' : `take one of 0 to ${i - 1}`,
    );
  return at;
}
