import { computed, signal } from '@preact/signals';

/** A peak rate of arithmetic for one dtype and unit, in FLOPs (for int8 operations) a second. */
export interface Peak {
  /** As the roofline calls it: `float16 tensor`, `float32`. */
  readonly dtype: string;
  readonly dense: number;
  /** With two of four weights zero, where the hardware has that; it is no property of a dense model. */
  readonly sparse?: number;
}

export interface Device {
  readonly name: string;
  /** Bytes a second of its main memory. */
  readonly bandwidth: number;
  readonly peaks: readonly Peak[];
  readonly source?: string;
}

const T = 1e12;
const tflops = (dtype: string, dense: number, sparse?: number): Peak => ({
  dtype,
  dense: dense * T,
  ...(sparse === undefined ? {} : { sparse: sparse * T }),
});

/**
 * Peaks as the makers state them, at boost clock. NVIDIA's headline for tensor cores is often the sparse figure: dense is
 * half of it, and the two are kept apart here. Sources, by maker's document:
 * - A100 SXM 80 GB: NVIDIA A100 Tensor Core GPU datasheet (19.5 FP32, 156/312 TF32, 312/624 FP16 and BF16, 624/1248 INT8; 2,039 GB/s).
 * - H100 SXM: NVIDIA H100 Tensor Core GPU datasheet, whose tensor figures are with sparsity (67 FP32, 989 TF32, 1,979 FP16 and
 *   BF16, 3,958 FP8 and INT8; 3.35 TB/s).
 * - L4: NVIDIA L4 datasheet, with sparsity (30.3 FP32, 120 TF32, 242 FP16, 485 FP8 and INT8; 300 GB/s).
 * - V100 SXM2: NVIDIA Tesla V100 datasheet (15.7 FP32, 125 tensor; 900 GB/s).
 * - T4: NVIDIA T4 datasheet (8.1 FP32, 65 FP16, 130 INT8; 320 GB/s).
 * - RTX 4090: NVIDIA Ada GPU architecture whitepaper, appendix (82.6 FP32, 165.2/330.3 FP16 with FP32 accumulate, 660.6/1321.2
 *   INT8; 1,008 GB/s).
 * - MI300X: AMD Instinct MI300X data sheet (163.4 FP32, 653.7/1307.4 TF32, 1307.4/2614.9 FP16 and BF16, 2614.9/5229.8 FP8 and
 *   INT8; 5.3 TB/s).
 * - TPU v4 and v5e: Google Cloud TPU documentation, system architecture (275 BF16, 1,228 GB/s; 197 BF16, 394 INT8, 819 GB/s).
 * - Jetson Orin Nano 8 GB: NVIDIA Jetson Orin Nano series data sheet (40 sparse / 20 dense INT8, 1.28 FP32; 68 GB/s).
 */
const DEVICES: readonly Device[] = [
  {
    name: 'NVIDIA A100 SXM 80 GB',
    bandwidth: 2.039e12,
    peaks: [
      tflops('float32', 19.5),
      tflops('tf32 tensor', 156, 312),
      tflops('float16 tensor', 312, 624),
      tflops('bfloat16 tensor', 312, 624),
      tflops('int8 tensor', 624, 1248),
    ],
    source: 'NVIDIA A100 datasheet',
  },
  {
    name: 'NVIDIA H100 SXM',
    bandwidth: 3.35e12,
    peaks: [
      tflops('float32', 67),
      tflops('tf32 tensor', 494.5, 989),
      tflops('float16 tensor', 989.5, 1979),
      tflops('bfloat16 tensor', 989.5, 1979),
      tflops('float8 tensor', 1979, 3958),
      tflops('int8 tensor', 1979, 3958),
    ],
    source: 'NVIDIA H100 datasheet, whose tensor figures are sparse: dense is half',
  },
  {
    name: 'NVIDIA L4',
    bandwidth: 3e11,
    peaks: [
      tflops('float32', 30.3),
      tflops('tf32 tensor', 60, 120),
      tflops('float16 tensor', 121, 242),
      tflops('bfloat16 tensor', 121, 242),
      tflops('float8 tensor', 242.5, 485),
      tflops('int8 tensor', 242.5, 485),
    ],
    source: 'NVIDIA L4 datasheet, whose tensor figures are sparse: dense is half',
  },
  {
    name: 'NVIDIA V100 SXM2',
    bandwidth: 9e11,
    peaks: [tflops('float32', 15.7), tflops('float16 tensor', 125)],
    source: 'NVIDIA Tesla V100 datasheet',
  },
  {
    name: 'NVIDIA T4',
    bandwidth: 3.2e11,
    peaks: [tflops('float32', 8.1), tflops('float16 tensor', 65), tflops('int8 tensor', 130)],
    source: 'NVIDIA T4 datasheet',
  },
  {
    name: 'NVIDIA RTX 4090',
    bandwidth: 1.008e12,
    peaks: [
      tflops('float32', 82.6),
      tflops('float16 tensor', 165.2, 330.3),
      tflops('bfloat16 tensor', 165.2, 330.3),
      tflops('int8 tensor', 660.6, 1321.2),
    ],
    source: 'NVIDIA Ada architecture whitepaper',
  },
  {
    name: 'AMD Instinct MI300X',
    bandwidth: 5.3e12,
    peaks: [
      tflops('float32', 163.4),
      tflops('tf32 tensor', 653.7, 1307.4),
      tflops('float16 tensor', 1307.4, 2614.9),
      tflops('bfloat16 tensor', 1307.4, 2614.9),
      tflops('float8 tensor', 2614.9, 5229.8),
      tflops('int8 tensor', 2614.9, 5229.8),
    ],
    source: 'AMD Instinct MI300X data sheet',
  },
  {
    name: 'Google TPU v4',
    bandwidth: 1.228e12,
    peaks: [tflops('bfloat16 tensor', 275)],
    source: 'Google Cloud TPU documentation',
  },
  {
    name: 'Google TPU v5e',
    bandwidth: 8.19e11,
    peaks: [tflops('bfloat16 tensor', 197), tflops('int8 tensor', 394)],
    source: 'Google Cloud TPU documentation',
  },
  {
    name: 'NVIDIA Jetson Orin Nano 8 GB',
    bandwidth: 6.8e10,
    peaks: [tflops('float32', 1.28), tflops('int8 tensor', 20, 40)],
    source: 'NVIDIA Jetson Orin Nano data sheet',
  },
];

/** Devices that the person at the page described. */
const KEY = 'opcount.devices';

export const ownDevices = signal<readonly Device[]>(kept());

function kept(): readonly Device[] {
  try {
    const own: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(own) ? own.filter(isDevice) : [];
  } catch {
    return []; // storage forbidden, or not ours
  }
}

/** Devices of one's own are kept for the next visit. */
export function keepDevices(own: readonly Device[]): void {
  ownDevices.value = own;
  try {
    localStorage.setItem(KEY, JSON.stringify(own));
  } catch {
    // They hold for this visit.
  }
}

/** Whether something from outside (a link, storage) describes a device. */
export function isDevice(value: unknown): value is Device {
  const device = value as Partial<Device> | null;
  return (
    typeof device === 'object' &&
    device !== null &&
    typeof device.name === 'string' &&
    typeof device.bandwidth === 'number' &&
    device.bandwidth > 0 &&
    Array.isArray(device.peaks) &&
    device.peaks.length > 0 &&
    device.peaks.every((p) => typeof p?.dtype === 'string' && typeof p.dense === 'number' && p.dense > 0)
  );
}
/** What the roofline is drawn for: a device, and one of its peaks as `dtype` or `dtype sparse`. */
export const roofline = signal({ device: '', peak: '' });

export const devices = computed(() => [...ownDevices.value, ...DEVICES]);

export interface Roof {
  readonly device: Device;
  readonly dtype: string;
  readonly sparse: boolean;
  /** Operations a second. */
  readonly rate: number;
  /** FLOPs a byte from which on arithmetic, not memory, is the limit. */
  readonly ridge: number;
}

/** The peaks of a device one by one: dense before sparse. */
export function peaksOf(
  device: Device,
): { readonly id: string; readonly dtype: string; readonly sparse: boolean; readonly rate: number }[] {
  return device.peaks.flatMap(({ dtype, dense, sparse }) => [
    { id: dtype, dtype, sparse: false, rate: dense },
    ...(sparse === undefined ? [] : [{ id: `${dtype} sparse`, dtype, sparse: true, rate: sparse }]),
  ]);
}

export const roof = computed((): Roof => {
  const device = devices.value.find((d) => d.name === roofline.value.device) ?? (devices.value[0] as Device);
  const peaks = peaksOf(device);
  const peak = peaks.find((p) => p.id === roofline.value.peak) ?? (peaks[0] as (typeof peaks)[number]);
  return { device, dtype: peak.dtype, sparse: peak.sparse, rate: peak.rate, ridge: peak.rate / device.bandwidth };
});
