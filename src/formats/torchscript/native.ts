import type { Instance } from './data.js';

/** A class of C++: the archive has no code of it. */
export function native(className: string): Instance['type'] {
  return {
    kind: 'class',
    name: className.slice(className.lastIndexOf('.') + 1),
    base: '',
    parameters: new Set(),
    buffers: new Set(),
    attributes: new Map(),
    constants: new Map(),
    methods: new Map(),
    file: '',
    line: 0,
  };
}
