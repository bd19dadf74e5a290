import { type GraphValue, inOrder } from '../../graph/index.js';
import type { Attributes, OnnxInfo } from './info.js';
import type { AttributeProto, FunctionProto, NodeProto } from './schema.js';

/** ONNX's own domain, whichever way it is spelled. */
export function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** What a call and a function of the file have in common. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${isStandard(domain) ? '' : domain}\n${name}\n${overload}`;
}

/** In a function's body, attributes that refer to those of the call. */
export function resolved(node: NodeProto, given: Attributes): NodeProto {
  if (!node.attribute.some((a) => a.refAttrName)) return node;
  const attribute = node.attribute.flatMap((a): AttributeProto[] => {
    if (!a.refAttrName) return [a];
    const actual = given.get(a.refAttrName);
    return actual === undefined ? [] : [{ ...actual, name: a.name }];
  });
  return { ...node, attribute };
}

/** What a function of the file has in all of its calls. */
export interface FunctionParts {
  /** Nodes of the body where so many inputs are given, and which of these are left out: calls mostly leave out the same. */
  nodesFor(inputs: readonly (GraphValue | null)[]): readonly NodeProto[];
  /** What the body knows where the call has these attributes: the function's own stand for those that it leaves out. */
  infoFor(attributes: readonly AttributeProto[]): OnnxInfo;
}

export function partsOf(f: FunctionProto): FunctionParts {
  const ordered = inOrder(f.node, 'onnx');
  const defaults = new Map(f.attributeProto.map((a) => [a.name, a]));
  const info = {
    initializers: new Map<never, never>(),
    stated: new Map<never, never>(),
    opsets: new Map(f.opsetImport.map((o) => [o.domain === 'ai.onnx' ? '' : o.domain, Number(o.version)])),
  };
  const known = new Map<string, readonly NodeProto[]>();
  return {
    nodesFor(inputs) {
      const absent = inputs.flatMap((value, i) => (value === null ? [i] : []));
      if (absent.length === 0 && inputs.length >= f.input.length) return ordered;
      const key = `${inputs.length} ${absent.join()}`;
      let nodes = known.get(key);
      if (nodes === undefined) {
        const left = new Set([...f.input.slice(inputs.length), ...absent.map((i) => f.input[i] ?? '')]);
        // An input that the call leaves out is left out inside too.
        nodes = ordered.map((n) => ({ ...n, input: n.input.map((name) => (left.has(name) ? '' : name)) }));
        known.set(key, nodes);
      }
      return nodes;
    },
    infoFor(attributes) {
      if (attributes.length === 0) return { ...info, attributes: defaults };
      const own = new Map(attributes.map((a) => [a.name, a]));
      return { ...info, attributes: { size: own.size, get: (name) => own.get(name) ?? defaults.get(name) } };
    },
  };
}
