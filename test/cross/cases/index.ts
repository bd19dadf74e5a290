import type { Case } from '../spell.js';
import { caffe } from './caffe.js';
import { coreml } from './coreml.js';
import { darknet } from './darknet.js';
import { keras } from './keras.js';
import { mil } from './mil.js';
import { mnn } from './mnn.js';
import { moves } from './moves.js';
import { ncnn } from './ncnn.js';
import { norms } from './norms.js';
import { openvino } from './openvino.js';
import { paddle } from './paddle.js';
import { pointwise } from './pointwise.js';
import { products } from './products.js';
import { reductions } from './reductions.js';
import { signals } from './signals.js';
import { tensorflow } from './tensorflow.js';
import { torch } from './torch.js';
import { windows } from './windows.js';

/** Operators by name, each as every format that has it spells it. */
export const CASES: Record<string, Case> = {
  ...pointwise,
  ...products,
  ...windows,
  ...norms,
  ...reductions,
  ...signals,
  ...moves,
  ...torch,
};
const BY_FORMAT = { tensorflow, keras, openvino, mil, coreml, paddle, mnn, ncnn, caffe, darknet } as const;
for (const [door, cases] of Object.entries(BY_FORMAT))
  for (const [name, of] of Object.entries(cases)) {
    const known = CASES[name];
    if (known === undefined) throw new Error(`${door} spells ${name}, which is not a case`);
    CASES[name] = { ...known, [door]: of };
  }
