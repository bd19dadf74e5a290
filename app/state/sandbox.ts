import { FRAME_HASH, frameDocument } from '../python/frame.js';

/** The frames that are there, by the numbers that the worker gives them. */
const frames = new Map<number, HTMLIFrameElement>();

/** Makes a worker of a script in a frame without origin or connections, and gives it a port. */
export function openSandbox(id: number, script: Blob, port: MessagePort): void {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.setAttribute('aria-hidden', 'true');
  frame.title = 'Python';
  frame.hidden = true;
  frame.srcdoc = frameDocument(FRAME_HASH);
  frame.addEventListener('load', () => frame.contentWindow?.postMessage(script, '*', [port]), { once: true });
  frames.set(id, frame);
  document.body.append(frame);
}

/** Ends whatever runs there. */
export function closeSandbox(id: number): void {
  frames.get(id)?.remove();
  frames.delete(id);
}

export function closeSandboxes(): void {
  for (const id of [...frames.keys()]) closeSandbox(id);
}
