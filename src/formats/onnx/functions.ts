import type { AttributeProto, NodeProto } from './schema.js';

/** ONNX's own domain, whichever way it is spelled. */
export function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** What a call and a function of the file have in common. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${isStandard(domain) ? '' : domain}\n${name}\n${overload}`;
}

/** In a function's body, attributes that refer to those of the call. */
export function resolved(node: NodeProto, given: ReadonlyMap<string, AttributeProto>): NodeProto {
  if (!node.attribute.some((a) => a.refAttrName)) return node;
  const attribute = node.attribute.flatMap((a): AttributeProto[] => {
    if (!a.refAttrName) return [a];
    const actual = given.get(a.refAttrName);
    return actual === undefined ? [] : [{ ...actual, name: a.name }];
  });
  return { ...node, attribute };
}
