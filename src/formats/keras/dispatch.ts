import { type GraphFormat, type GraphValue, Unsupported } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import { checkOperators } from '../layer-graph/size.js';
import { FORMAT } from './config.js';
import { type Arg, graphOf, type KerasNode, type ModelInfo } from './graph.js';
import { type Arguments, type Given, type KerasCall, Layer, tensorsAmong } from './layer.js';
import { ruleOf } from './layers/index.js';
import type { LayerState, Modules } from './modules.js';

/** Keras for the graph runner: a node is one call of a layer. */
export function kerasFormat(modules: Modules, asStated: boolean): GraphFormat<KerasNode, ModelInfo> {
  return {
    id: FORMAT,
    source: (node) => ({
      type: node.layer.type,
      name: node.name,
      outputs: node.output,
      at: { node: node.name },
    }),
    stated: (name, info) => (asStated ? (info.stated.get(name) ?? null) : null),
    rule: (node) =>
      node.layer.model === null && ruleOf(node.layer) === null
        ? null
        : (call) => {
            checkOperators(modules.trace.entries.length, node, FORMAT);
            const state = call.frame.info.owner.children.get(node.layer.name) as LayerState;
            const given: Arguments = {
              args: node.args.map((arg) => givenOf(arg, call)),
              kwargs: Object.fromEntries(Object.entries(node.kwargs).map(([key, arg]) => [key, givenOf(arg, call)])),
            };
            const takeBack = call.runner.checkpoint();
            try {
              return run(modules, state, given, call);
            } catch (error) {
              // Of a layer that cannot be worked out no half is left behind.
              if (error instanceof Unsupported) takeBack();
              throw error;
            }
          },
  };
}

function givenOf(arg: Arg, call: KerasCall): Given {
  if ('input' in arg) return call.inputs[arg.input] as Value;
  if ('plain' in arg) return arg.plain;
  if ('constant' in arg) return call.runner.trace.constant(call.node.name, arg.constant);
  if ('list' in arg) return arg.list.map((a) => givenOf(a, call));
  return Object.fromEntries(Object.entries(arg.dict).map(([key, a]) => [key, givenOf(a, call)]));
}

/** Runs a layer in its own place of the module tree. */
function run(modules: Modules, state: LayerState, given: Arguments, call: KerasCall): Value[] {
  const { trace } = modules;
  const tensors = [...given.args.flatMap(tensorsAmong), ...Object.values(given.kwargs).flatMap(tensorsAmong)];
  const inputs = tensors.map((t) => t.type);
  const outer = trace.scope;
  trace.enter(state.module, state.module.path, inputs);
  try {
    const made = results(modules, state, given, call, tensors);
    trace.exit(made.map((v) => v.type));
    return made;
  } catch (error) {
    trace.resume(outer);
    throw error;
  }
}

function results(
  modules: Modules,
  state: LayerState,
  given: Arguments,
  call: KerasCall,
  tensors: readonly Value[],
): Value[] {
  const { trace } = modules;
  const { def } = state;
  if (def.model !== null) return inner(state, call, tensors, trace.scope);
  const rule = ruleOf(def);
  if (rule === null) {
    // Inside another layer: a gap of its own, with the user's formula if there is one.
    const why = `opcount has no formula for ${def.type}`;
    const source = { type: def.type, name: def.name, outputs: [def.name], at: { node: call.node.name } };
    const [value] = trace.gap(def.type.toLowerCase(), why, tensors, [null], source);
    if (value?.type == null) throw new Unsupported(why);
    return [value];
  }
  const made = rule(new Layer(state, given, call, modules, (s, g, c) => run(modules, s, g, c)));
  return Array.isArray(made) ? [...(made as readonly Value[])] : [made as Value];
}

/** A model within a model: its own layers, on what it is called with. */
function inner(
  state: LayerState,
  call: KerasCall,
  tensors: readonly GraphValue[],
  base: KerasCall['frame']['base'],
): Value[] {
  const graph = graphOf(state);
  // A layer that wraps it may call it with other batches than the file states.
  const direct = call.frame.info.owner.children.get(state.def.name) === state;
  const own = direct ? graph : { ...graph, info: { ...graph.info, stated: new Map() } };
  return call.runner.run(own, tensors, { ...call.frame, base }) as Value[];
}
