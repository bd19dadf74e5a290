import { FRAME_HASH, frameDocument } from '../python/frame.js';

interface Frame {
  readonly element: HTMLIFrameElement;
  readonly hear: (event: MessageEvent) => void;
}

/** The frames that are there, by the numbers that the worker gives them. */
const frames = new Map<number, Frame>();
/** Characters of what a sandbox says of its failure: the program in it may have written them. */
const MOST_SAID = 500;

/** Makes a worker of a script in a frame without origin or connections, and gives it a port. `failed` is told why it has ended. */
export function openSandbox(id: number, script: Blob, port: MessagePort, failed: (why: string) => void): void {
  const element = document.createElement('iframe');
  element.setAttribute('sandbox', 'allow-scripts');
  element.setAttribute('aria-hidden', 'true');
  element.title = 'Python';
  element.hidden = true;
  element.srcdoc = frameDocument(FRAME_HASH);
  element.addEventListener('load', () => element.contentWindow?.postMessage(script, '*', [port]), { once: true });
  const hear = ({ source, data }: MessageEvent): void => {
    if (source !== element.contentWindow || typeof data?.failed !== 'string') return;
    failed(data.failed === 'undefined' ? 'it could not be started' : data.failed.slice(0, MOST_SAID));
  };
  addEventListener('message', hear);
  frames.set(id, { element, hear });
  document.body.append(element);
}

/** Ends whatever runs there. */
export function closeSandbox(id: number): void {
  const frame = frames.get(id);
  if (frame === undefined) return;
  removeEventListener('message', frame.hear);
  frame.element.remove();
  frames.delete(id);
}

export function closeSandboxes(): void {
  for (const id of [...frames.keys()]) closeSandbox(id);
}
