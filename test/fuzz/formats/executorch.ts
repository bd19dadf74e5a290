import { compiled, delegated, mapped, network, whileProgram } from '../../formats/executorch-build.js';
import { word } from '../flat.js';
import type { FuzzFormat } from '../seeds.js';

/** FlatBuffers of ExecuTorch. */
const executorch: FuzzFormat = {
  id: 'executorch',
  seeds: () => [
    { name: 'network.pte', bytes: network() },
    { name: 'delegated.pte', bytes: delegated() },
    { name: 'compiled.pte', bytes: compiled() },
    { name: 'mapped.pte', bytes: mapped(3) },
    { name: 'while.pte', bytes: whileProgram(true) },
  ],
  mutations: [word, word, word],
};

export default executorch;
