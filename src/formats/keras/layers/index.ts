import { byName } from '../../../source/by-name.js';
import type { LayerDef } from '../definition.js';
import type { LayerRule, LayerTable } from '../layer.js';
import { attentionLayers } from './attention.js';
import { core } from './core.js';
import { merge } from './merge.js';
import { norm } from './norm.js';
import { operationRule } from './operations/index.js';
import { preprocessing } from './preprocessing.js';
import { recurrentLayers } from './recurrent.js';
import { shapes } from './shape.js';
import { windows } from './windows.js';

/** Layers by class; a layer is added with an entry in the table of its theme. */
const LAYERS: LayerTable = byName({
  ...windows,
  ...core,
  ...norm,
  ...merge,
  ...shapes,
  ...recurrentLayers,
  ...attentionLayers,
  ...preprocessing,
});

/** The rule of a layer; null for one that opcount has no formula for. */
export function ruleOf(def: LayerDef): LayerRule | null {
  const operation = operationRule(def, Object.hasOwn(LAYERS, def.type));
  if (operation !== undefined) return operation;
  // A class of the user's own may have the name of one of Keras'.
  if (def.module !== '' && !/^(tf_)?keras(\.|$)/.test(def.module)) return null;
  return LAYERS[def.type] ?? null;
}
