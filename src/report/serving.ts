import { isStatic, toBigInt } from '../dim/index.js';
import type { Phase, Serving } from '../machine/serving.js';
import type { ServingBound } from '../machine/serving-devices.js';
import type { TensorParallel } from '../machine/tensor-parallel.js';
import { TEXT } from './encode.js';
import type { ReportPhase, ReportServing } from './types.js';

export interface ServingExtras {
  readonly weightFormat: string | null;
  readonly kvFormat: string | null;
  readonly devices?: readonly ServingBound[];
  readonly tensorParallel?: TensorParallel;
}

/** The same as data: counts as exact integers, or as formulas in what is symbolic. */
export function servingOut(s: Serving, extras: ServingExtras): ReportServing {
  const { count, extent } = TEXT;
  const [prefill, decode] = s.phases as readonly [Phase, Phase];
  return {
    cacheElements: count(s.cacheElements),
    cacheBytes: count(s.cacheBytes),
    cacheBytesPerToken: count(s.cacheBytesPerToken),
    cacheBytesAtContext: count(s.cacheBytesAtContext),
    weightBytes: count(s.weightBytes),
    batch: extent(s.batch),
    context: extent(s.context),
    longestContext: s.longestContext,
    weightFormat: extras.weightFormat,
    kvFormat: extras.kvFormat,
    activeParams: count(s.activeParams),
    activeParamsWithoutEmbeddings: count(s.activeParamsWithoutEmbeddings),
    phases: s.phases.map((p) => ({ name: p.name, ...phaseOut(p) })),
    ...(s.absorbed === null ? {} : { absorbed: phaseOut(s.absorbed) }),
    parts: prefill.parts.map((part) => {
      const step = decode.parts.find((d) => d.part === part.part);
      return {
        part: part.part,
        params: count(part.params),
        weightBytes: count(part.weightBytes),
        prefillMacs: count(part.macs),
        prefillFlops: count(part.flops),
        decodeMacs: count(step?.macs ?? 0),
        decodeFlops: count(step?.flops ?? 0),
      };
    }),
    ...(extras.devices === undefined ? {} : { devices: extras.devices }),
    ...(extras.tensorParallel === undefined
      ? {}
      : {
          tensorParallel: {
            devices: extras.tensorParallel.devices,
            weightBytes: count(extras.tensorParallel.weightBytes),
            cacheBytes: count(extras.tensorParallel.cacheBytes),
            reductions: extras.tensorParallel.reductions,
            prefillBytes: count(extras.tensorParallel.prefillBytes),
            stepBytes: count(extras.tensorParallel.stepBytes),
          },
        }),
  };
}

function phaseOut(p: Phase): Omit<ReportPhase, 'name'> {
  const { count, extent } = TEXT;
  return {
    sequence: extent(p.sequence),
    past: extent(p.past),
    macs: count(p.macs),
    flops: count(p.flops),
    readBytes: count(p.readBytes),
    intensity: intensity(p),
    activationBytes: p.activationBytes === null ? null : count(p.activationBytes),
  };
}

function intensity({ flops, readBytes }: Phase): number | null {
  if (!isStatic(flops) || !isStatic(readBytes) || readBytes === 0) return null;
  return Number((Number(toBigInt(flops)) / Number(toBigInt(readBytes))).toPrecision(6));
}
