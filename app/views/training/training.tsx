import { signal } from '@preact/signals';
import type { TrainingOptions } from 'opcount';
import { useEffect } from 'preact/hooks';
import { useAnswer } from '../../state/asking.js';
import { devicesMissing, listedDevices, needDevices } from '../../state/devices.js';
import { bindings, model } from '../../state/model.js';
import { DevicesMissing } from '../parts/devices-missing.js';
import { Ladder } from '../parts/ladder.js';
import { Pick } from '../parts/pick.js';
import { Tickbox } from '../parts/tickbox.js';
import { Step } from './step.js';

const OPTIMIZERS = [
  'adamw',
  'adam',
  'sgd',
  'sgd-momentum',
  'adam8bit',
  'adafactor',
  'lion',
  'rmsprop',
  'adagrad',
] as const;
const PRECISIONS = [
  ['', 'as in the file'],
  ['fp32', 'fp32'],
  ['bf16', 'bf16: all of it'],
  ['amp', 'amp: products in bf16'],
  ['mixed', 'mixed: bf16 with an fp32 copy'],
] as const;

const ZERO = [
  ['0', 'nothing'],
  ['1', 'optimizer states'],
  ['2', 'and gradients'],
  ['3', 'and weights'],
] as const;
type ZeroStage = (typeof ZERO)[number][0];

const optimizer = signal<string>('adamw');
const precision = signal('');
const checkpointing = signal(false);
const zero = signal<ZeroStage>('0');
/** Devices that share what ZeRO shares. */
const share = signal(8);

/** The memory of a training step, and its arithmetic. */
export function TrainingStep() {
  useEffect(() => void needDevices(), []);
  const options = optionsChosen();
  const devices = listedDevices.value.map(({ id }) => id);
  const asked = { slot: 'a', bind: bindings.value, options } as const;
  const ready = model.value !== null;
  const told = devices.length > 0 || devicesMissing.value;
  const step = useAnswer(ready && told ? { kind: 'training', ...asked, devices } : null);
  const timeline = useAnswer(ready ? { kind: 'timeline', ...asked } : null);
  const wrong = step.wrong ?? timeline.wrong;
  const waits = wrong === null && (step.waits || timeline.waits);
  return (
    <div class={`training${waits ? ' waits' : ''}`} aria-busy={waits}>
      <Controls />
      <DevicesMissing />
      {wrong !== null && (
        <p class="refused" role="alert">
          {wrong}
        </p>
      )}
      {step.answer == null ? (
        wrong === null && <p class="quiet">Working it out …</p>
      ) : (
        <Step training={step.answer} timeline={timeline.wrong === null ? timeline.answer : null} />
      )}
    </div>
  );
}

/** As the library takes them: what is left as it is goes unsaid. */
function optionsChosen(): TrainingOptions {
  const stage = Number(zero.value) as 0 | 1 | 2 | 3;
  return {
    optimizer: optimizer.value as NonNullable<TrainingOptions['optimizer']>,
    ...(precision.value === '' ? {} : { precision: precision.value as NonNullable<TrainingOptions['precision']> }),
    ...(checkpointing.value ? { checkpointing: true as const } : {}),
    ...(stage === 0 ? {} : { zero: stage, devices: share.value }),
  };
}

function Controls() {
  return (
    <div class="controls">
      <Pick
        label="optimizer"
        value={optimizer.value}
        options={OPTIMIZERS.map((id) => [id, id])}
        onPick={(id) => (optimizer.value = id)}
      />
      <Pick label="precision" value={precision.value} options={PRECISIONS} onPick={(id) => (precision.value = id)} />
      <Pick label="shared among devices" value={zero.value} options={ZERO} onPick={(id) => (zero.value = id)} />
      {zero.value !== '0' && (
        <Ladder label="devices" value={share.value} most={1024} onMove={(n) => (share.value = n)} />
      )}
      <Tickbox
        on={checkpointing.value}
        onTurn={(on) => {
          checkpointing.value = on;
        }}
      >
        checkpointing
      </Tickbox>
      <span class="quiet">Batch and other sizes are those of the sliders above.</span>
    </div>
  );
}
