import type { DeviceRow, ListedDevice } from '../types.js';
import { amd } from './amd.js';
import { apple } from './apple.js';
import { aws } from './aws.js';
import { google } from './google.js';
import { nvidiaDatacenter } from './nvidia-datacenter.js';
import { nvidiaGeforce } from './nvidia-geforce.js';
import { nvidiaJetson } from './nvidia-jetson.js';
import { nvidiaWorkstation } from './nvidia-workstation.js';
import { others } from './others.js';
import { SOURCES } from './sources.js';

const ROWS: readonly DeviceRow[] = [
  ...nvidiaDatacenter,
  ...nvidiaWorkstation,
  ...nvidiaGeforce,
  ...nvidiaJetson,
  ...amd,
  ...google,
  ...aws,
  ...apple,
  ...others,
];

/** Every device that opcount knows, by maker. */
export const DEVICES: readonly ListedDevice[] = ROWS.map((row) => ({
  ...row,
  sources: row.sources.map(([id, confidence, figures]) => ({ ...SOURCES[id], confidence, figures })),
}));
