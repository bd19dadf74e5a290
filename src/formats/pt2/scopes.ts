/** One module call of the stack under which a node was recorded. */
export interface Frame {
  /** Tells calls apart: the module's place, and from the second call on its number (`L__self__layer1.0.relu@1`). */
  readonly key: string;
  readonly path: string;
  readonly type: string;
}

/** More modules inside each other than any model has. */
const MAX_DEPTH = 256;

/**
 * The module calls of a node, the outermost first, from its `nn_module_stack`: `key,path,class` joined by `;`. Empty for
 * nodes that belong to no module (sizes that were read of the inputs).
 */
export function framesOf(stack: string): readonly Frame[] {
  if (stack === '') return [];
  const frames: Frame[] = [];
  for (const item of stack.split(';').slice(0, MAX_DEPTH)) {
    const [key = '', path = '', type = ''] = splitItem(item);
    if (key.startsWith('_empty_nn_module_stack')) return [];
    frames.push({ key, path: pathOf(path), type: typeOf(type) });
  }
  return frames;
}

/** A class may be written with commas of its own (a generic's arguments); the first two fields have none. */
function splitItem(item: string): string[] {
  const first = item.indexOf(',');
  const second = item.indexOf(',', first + 1);
  return first < 0 || second < 0
    ? [item]
    : [item.slice(0, first), item.slice(first + 1, second), item.slice(second + 1)];
}

/** Older files write `L['self'].layer1` and `getattr(L['self'], …)` where newer ones have the path. */
function pathOf(path: string): string {
  return path.replace(/^L\['self'\]\.?/, '').replace(/@\d+$/, '');
}

/** Layers that torch.nn does not export under their own name. */
const HIDDEN = new Set(['NonDynamicallyQuantizableLinear']);

/** `torch.nn.Conv2d` for the framework's own layers, wherever they are defined; the qualified name for all others. */
export function typeOf(qualified: string): string {
  const text = qualified.replace(/^<class '(.*)'>$/, '$1');
  const found = /^torch\.nn\.modules\.\w+\.(\w+)$/.exec(text);
  const name = found?.[1];
  return name === undefined || name.startsWith('_') || HIDDEN.has(name) ? text : `torch.nn.${name}`;
}
