import { expect, test } from 'vitest';
import { encodingOf } from '../../src/formats/onnx/encoding.js';
import { parseText } from '../../src/wire/prototext/parse.js';
import { refusal } from '../refusal.js';
