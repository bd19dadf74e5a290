import type { ProtoMessage } from '../../../wire/proto-message.js';

/** Names that a network writes, in order. */
function written(network: ProtoMessage | null): string[] {
  if (network === null) return [];
  const names = network.messages(1).flatMap((layer) => {
    const [branched, looped] = [layer.message(605), layer.message(615)];
    return [
      ...layer.texts(3),
      ...written(branched?.message(1) ?? null),
      ...written(branched?.message(2) ?? null),
      ...written(looped?.message(4) ?? null),
    ];
  });
  return [...new Set(names)];
}

/** The names that a layer with networks gives to what follows it. */
export function writtenBy(opType: string, params: ProtoMessage): string[] {
  if (opType === 'branch') {
    const [first, second] = [written(params.message(1)), written(params.message(2))];
    return params.has(2) ? first.filter((name) => second.includes(name)) : first;
  }
  return opType === 'loop' ? written(params.message(4)) : [];
}
