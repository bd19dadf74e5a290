import { calflops } from './calflops.js';
import { deepspeed } from './deepspeed.js';
import { exact } from './exact.js';
import { fvcore } from './fvcore.js';
import { ptflopsAten } from './ptflops/aten.js';
import { ptflops } from './ptflops/index.js';
import { thop } from './thop/index.js';
import { ultralyticsThop } from './thop/ultralytics.js';
import { torchFlopCounter } from './torch-flop-counter.js';
import { torchinfo } from './torchinfo.js';
import { torchprofile } from './torchprofile.js';
import { torchstat } from './torchstat/index.js';
import type { Convention } from './types.js';

/** Every convention; adding one is a file and a line here. */
export const CONVENTIONS: readonly Convention[] = [
  exact,
  thop,
  ultralyticsThop,
  torchstat,
  ptflops,
  torchinfo,
  calflops,
  deepspeed,
  fvcore,
  torchprofile,
  ptflopsAten,
  torchFlopCounter,
];
