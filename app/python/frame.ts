/**
 * The document in which the interpreter's worker is made: a frame without an origin (no storage, no cookies, no access to
 * the page) and, beyond the page's own policy, without any connection. Its one script makes a worker of the text that it is
 * sent, passes it the port that came along, and does nothing else.
 */
export const FRAME_SCRIPT =
  "addEventListener('message',({data,ports,source})=>{if(source!==parent)return;" +
  "const worker=new Worker(URL.createObjectURL(new Blob([data],{type:'text/javascript'})));" +
  "worker.onerror=(event)=>parent.postMessage({failed:String(event.message)},'*');" +
  'worker.postMessage({port:ports[0]},[ports[0]])},{once:true})';

/** The policy of the frame, which its worker inherits. `hash` is that of its script. */
export function frameDocument(hash: string): string {
  const policy = `default-src 'none'; script-src '${hash}' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'`;
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${FRAME_SCRIPT}</script>`;
}

/** SHA-256 of `FRAME_SCRIPT`, by which the policy of the page lets it run; a test computes it. */
export const FRAME_HASH = 'sha256-W+SxLovYfIMlKZ8AC4w+DTD5vAazmfhcvAwG5uHnLYE=';
