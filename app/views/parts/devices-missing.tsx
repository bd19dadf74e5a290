import { devicesMissing } from '../../state/devices.js';

/** Says that what devices allow cannot be told. */
export function DevicesMissing() {
  if (!devicesMissing.value) return null;
  return (
    <p class="refused" role="alert">
      The table of devices could not be fetched. Reload the page.
    </p>
  );
}
