import { type Dim, sym } from '../../dim/index.js';
import { endModel, GraphRunner } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { boundNames, type StatedInput, settleStated } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { FORMAT, field, isArray, isObject, type Json } from './config.js';
import { type Contents, contentsOf } from './contents.js';
import { type LayerDef, layerOf } from './definition.js';
import { kerasFormat } from './dispatch.js';
import { dtypeOf } from './dtype.js';
import { graphOf, type KerasNode, type ModelInfo } from './graph.js';
import { Modules } from './modules.js';

/**
 * Reads a Keras model from its configuration: each layer with the weights that it makes. Where only weights are
 * stored, those. Throws ModelError.
 */
export function readKeras(source: Source, options: ReadOptions = {}): Ledger {
  return ledgerOfContents(contentsOf(source), source, options);
}

/** The same of a configuration that another format holds. */
export function ledgerOfContents(contents: Contents, source: Source, options: ReadOptions): Ledger {
  if (contents.kind === 'weights') return contents.ledger();
  const root = layerOf(contents.model, 'model');
  if (root.model !== null) return ledgerOfModel(root, contents.producer, source, options);
  if (contents.weights !== null) return contents.weights(root.type);
  throw new ModelError('unsupported', `${root.name} is of the class ${root.type}, which keeps no graph in the file`, {
    format: FORMAT,
    hint: 'Export it with model.export(folder) and give the SavedModel, or convert it to TensorFlow Lite or ONNX.',
  });
}

function ledgerOfModel(root: LayerDef, producer: string | null, source: Source, options: ReadOptions): Ledger {
  const trace = new Trace(options.formulas);
  const modules = new Modules(trace);
  const state = modules.root(root);
  const graph = graphOf(state);
  const settled = settleStated(inputsOf(root, graph.inputs), options, FORMAT);
  const shapeless = settled.inputs.find((input) => input.type === null);
  if (shapeless !== undefined)
    throw new ModelError('argument', `the file does not say what shape the input ${shapeless.name} has`, {
      format: FORMAT,
      hint: 'Give it: --input batchx224x224x3',
    });
  for (const note of settled.notes) trace.note(note);
  const runner = new GraphRunner<KerasNode, ModelInfo>({
    trace,
    format: kerasFormat(modules, settled.asStated),
    places: { at: (_, base) => trace.resume(base), size: () => 0, rewind: () => {} },
    bindings: settled.bindings,
  });
  const call = trace.enter(
    state.module,
    '',
    settled.inputs.map((i) => i.type),
  );
  const inputs = settled.inputs.map(({ name, type }) => ({ name, value: trace.input(name, type) }));
  const results = trace.collecting(() =>
    runner.top(
      graph,
      inputs.map((i) => i.value),
      call,
    ),
  );
  const names = graph.outputs as readonly string[];
  const outputs = endModel(
    trace,
    null,
    call,
    results.map((_, i) => names[i] ?? `output${i}`),
    results,
  );
  return trace.ledger({
    name: source.name,
    format: FORMAT,
    producer,
    file: { bytes: source.size, bytesRead: source.bytesRead },
    inputs,
    outputs,
    bound: boundNames(options, settled.names, runner.bound),
    weights: modules.weights,
    modules: 'names',
  });
}

/** The model's inputs by name, with the shapes that their layers state. */
function inputsOf(root: LayerDef, names: readonly string[]): StatedInput[] {
  const layers = root.model?.layers ?? [];
  if (root.model?.kind === 'functional')
    return names.map((name) => {
      const layer = layers.find((l) => l.name === name);
      return { name, type: layer === undefined ? null : inputType(layer, name) };
    });
  const [first] = layers;
  const name = names[0] as string;
  const built = [field(root.build, 'input_shape'), root.config.get('build_input_shape')].find((s) => isArray(s));
  const type = first === undefined ? null : inputType(first, name);
  return [{ name, type: type ?? typeOf(built, undefined, name) }];
}

/** The shape that a layer says of its input; of a model within, that of its first layer. */
function inputType(layer: LayerDef, name: string): StatedInput['type'] {
  const { config } = layer;
  const shape = config.get('batch_shape') ?? config.get('batch_input_shape') ?? withBatch(config.get('input_shape'));
  const own = isArray(shape) ? shape : undefined;
  if (own !== undefined) return typeOf(own, config.get('dtype') ?? config.get('input_dtype'), name, layer.type);
  // Keras 1 wrote the extents of dense and recurrent layers in words.
  const width = config.get('input_dim');
  if (typeof width === 'number' && layer.type === 'Embedding')
    return typeOf([null, config.get('input_length') ?? null] as Json[], 'int32', name);
  if (typeof width === 'number')
    return typeOf(
      (/^(Dense|MaxoutDense|Highway)$/.test(layer.type)
        ? [null, width]
        : [null, config.get('input_length') ?? null, width]) as Json[],
      undefined,
      name,
    );
  const inner = layer.model;
  if (inner === null) {
    const wrapped = config.get('layer');
    return isObject(wrapped)
      ? inputType(layerOf(wrapped, 'layer'), name)
      : typeOf(field(layer.build, 'input_shape'), undefined, name);
  }
  const at =
    inner.kind === 'sequential' ? inner.layers[0] : inner.layers.find((l) => l.name === inner.inputs[0]?.layer);
  return at === undefined ? null : inputType(at, name);
}

function withBatch(shape: Json | undefined): Json | undefined {
  return isArray(shape) ? [null, ...shape] : undefined;
}

function typeOf(shape: Json | undefined, dtype: Json | undefined, name: string, layer = ''): StatedInput['type'] {
  if (!isArray(shape)) return null;
  // `[[null, 8]]`: Keras 2 writes the shapes of several inputs as a list.
  const flat = shape.length > 0 && shape.every((d) => isArray(d)) ? (shape[0] as readonly Json[]) : shape;
  const text = isObject(dtype) ? field(field(dtype, 'config'), 'name') : dtype;
  const kind = (typeof text === 'string' ? dtypeOf(text.replace(/^mixed_/, '')) : null) ?? 'float32';
  return {
    // A table is looked up by whole numbers, whatever the dtype of its own rows.
    dtype: layer === 'Embedding' ? 'int32' : kind,
    shape: flat.map((d, i): Dim => {
      if (typeof d === 'number' && Number.isInteger(d) && d >= 0) return d;
      return sym(i === 0 ? 'batch' : `${name}_${i}`);
    }),
  };
}
