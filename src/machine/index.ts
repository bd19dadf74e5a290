// Comes in: a ledger (or plain numbers of work), and a device from the table or in the user's words.
// Goes out: lower bounds of time on that device, what binds, and whether the model fits into its memory.
// Add here: a device in data/ with the sources of its figures; another bound as a pure function of a ledger and a device.
// FLOPs are a model's work; a device's rate is FLOP/s.
export {
  bounds,
  choiceId,
  type DeviceBound,
  type DeviceChoice,
  type TimeBound,
  timeBound,
  type UnfusedBound,
  unfusedBound,
  type Work,
  workOf,
} from './bounds.js';
export { deviceOf, loadDevices } from './choose.js';
export { describedDevice, deviceFromJson, rateNamed } from './describe.js';
export { bandwidthOf, type PeakOf, peakOf, peaksOf } from './rates.js';
export { roofOf } from './roofline.js';
export { type Device, type ListedDevice, RATES, type Rate } from './types.js';
