import { controlled, network, pipeline, program, trees } from '../../formats/coreml-build.js';
import { mutateProtobuf } from '../protobuf.js';
import type { FuzzFormat } from '../seeds.js';

/** Protocol buffers of Core ML. */
const coreml: FuzzFormat = {
  id: 'coreml',
  seeds: () => [
    { name: 'network.mlmodel', bytes: network() },
    { name: 'controlled.mlmodel', bytes: controlled() },
    { name: 'pipeline.mlmodel', bytes: pipeline() },
    { name: 'trees.mlmodel', bytes: trees() },
    { name: 'program.mlmodel', bytes: program() },
  ],
  mutations: [mutateProtobuf],
};

export default coreml;
