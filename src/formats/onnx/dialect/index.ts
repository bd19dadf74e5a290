import { byName } from '../../../source/by-name.js';
import { isStandard } from '../functions.js';
import { type Dialect, type Entry, type InputRoles, type Operator, ruleIn } from '../node.js';
import { constants } from './constants.js';
import { experimental } from './experimental.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { math } from './math.js';
import { blocked, microsoft, simplified } from './microsoft/index.js';
import { ml } from './ml.js';
import { qonnx } from './qonnx.js';
import { quant, random } from './quant.js';
import { recent } from './recent.js';
import { regions } from './regions.js';
import { resizing } from './resize.js';
import { selection } from './selection.js';
import { sequence } from './sequence.js';
import { text } from './text.js';
import { training } from './training.js';
import { windowsDialect } from './windows.js';

/** Operators by domain; an operator is added with an entry in the table of its theme. */
const DOMAINS: Readonly<Record<string, Dialect>> = byName({
  '': {
    ...math,
    ...layout,
    ...indexing,
    ...constants,
    ...windowsDialect,
    ...resizing,
    ...sequence,
    ...selection,
    ...regions,
    ...recent,
    ...quant,
    ...random,
    ...text,
    ...experimental,
    // ONNX Runtime's optimizer writes it into ONNX's own domain
    SimplifiedLayerNormalization: { weights: [1], run: simplified },
  },
  'ai.onnx.ml': ml,
  ...qonnx,
  'ai.onnx.preview.training': training,
  'com.microsoft': microsoft,
  'com.microsoft.nchwc': blocked,
});

function operatorOf(domain: string, opType: string): Entry | Operator | undefined {
  const table = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : isStandard(domain) ? DOMAINS[''] : undefined;
  return table !== undefined && Object.hasOwn(table, opType) ? table[opType] : undefined;
}

/** The rule of an operator, or undefined for one that has none. */
export function entryOf(domain: string, opType: string): Entry | undefined {
  const operator = operatorOf(domain, opType);
  return operator === undefined ? undefined : ruleIn(operator);
}

const ALL_DATA: InputRoles = {};

/** The roles that an operator's definition gives to its inputs. */
export function inputRolesOf(domain: string, opType: string): InputRoles {
  const operator = operatorOf(domain, opType);
  return operator === undefined || typeof operator === 'function' ? ALL_DATA : operator;
}
