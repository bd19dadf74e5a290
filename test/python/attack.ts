import { frame, KIND } from '../../src/python/channel.js';
import { main } from '../../src/python/node/child.js';

/**
 * What a program does that owns the confined process: every way out of it that Node has. Prints the names of those that
 * worked. With `control` it runs in an ordinary process, where all of them must.
 */
interface Where {
  /** Ports on loopback that listen: TCP and UDP. */
  readonly tcp: number;
  readonly udp: number;
  /** The path of a local socket that listens. */
  readonly local: string;
  /** A file outside of all that may be read, a module, and a folder to write to. */
  readonly secret: string;
  readonly module: string;
  readonly folder: string;
  /** A process that may not be touched. */
  readonly pid: number;
}

// biome-ignore lint/suspicious/noExplicitAny: an attack takes whatever there is
type Anything = any;

const host = '127.0.0.1';
const event = (target: Anything, good: string, bad = 'error'): Promise<unknown> =>
  new Promise((done, fail) => {
    target.once(good, done);
    target.once(bad, fail);
  });

function tries({ tcp, udp, local, secret, module: outside, folder, pid }: Where): Record<string, () => unknown> {
  const own = globalThis as Anything;
  const node = (name: string): Promise<Anything> => import(`node:${name}`);
  const builtin = (name: string): Anything => own.process.getBuiltinModule(name);
  return {
    'read: fs': async () => (await node('fs')).readFileSync(secret),
    'read: require': () => require('node:fs').readFileSync(secret),
    'read: promises': async () => (await node('fs/promises')).readFile(secret),
    'read: promises of fs': async () => (await node('fs')).promises.readFile(secret),
    'read: stream': async () => event((await node('fs')).createReadStream(secret), 'data'),
    'read: a blob': async () => (await (await node('fs')).openAsBlob(secret)).text(),
    'read: a folder': async () => (await node('fs')).readdirSync(folder),
    'read: what there is': async () => (await node('fs')).statSync(secret).size,
    'read: environment of the process': async () => (await node('fs')).readFileSync('/proc/self/environ'),
    'read: getBuiltinModule': () => builtin('fs').readFileSync(secret),
    'read: createRequire': async () => (await node('module')).createRequire(outside)('node:fs').readFileSync(secret),
    'read: a module': () => import(outside),
    'read: an environment file': () => own.process.loadEnvFile(secret),
    'read: by address': async () => (await node('fs')).readFileSync(new URL(`file://${secret}`)),
    'read: by bytes of its name': async () => (await node('fs')).readFileSync(Buffer.from(secret)),
    'read: the class of stdin': async () => event(new own.process.stdin.constructor(secret), 'data'),
    'read: watch': async () => (await node('fs')).watch(folder).close(),
    'read: JSON as a module': () => import(`${folder}/data.json`, { with: { type: 'json' } }),
    'read: a module in an address': () => import(`data:text/javascript,import 'file://${outside}'`),
    'read: certificates of the system': async () => {
      if ((await node('tls')).getCACertificates('system').length === 0) throw new Error('none');
    },
    'write: fs': async () => (await node('fs')).writeFileSync(`${folder}/a`, '1'),
    'write: promises': async () => (await node('fs/promises')).writeFile(`${folder}/b`, '1'),
    'write: here': async () => (await node('fs')).writeFileSync('c', '1'),
    'write: a folder': async () => (await node('fs')).mkdirSync(`${folder}/d`),
    'write: a link': async () => (await node('fs')).symlinkSync(secret, `${folder}/e`),
    'write: remove': async () => (await node('fs')).rmSync(`${folder}/gone`),
    'write: report': () => own.process.report.writeReport(`${folder}/f`),
    'write: a hard link': async () => (await node('fs')).linkSync(secret, `${folder}/h`),
    'write: who may read': async () => (await node('fs')).chmodSync(secret, 0o600),
    'write: a cache of code': async () => {
      const made = (await node('module')).enableCompileCache(`${folder}/i`);
      if (made.status !== 1) throw new Error('refused');
    },
    'write: a database': async () => {
      const { DatabaseSync } = await node('sqlite');
      new DatabaseSync(':memory:').exec(`ATTACH DATABASE '${folder}/j' AS j; CREATE TABLE j.t(a)`);
    },
    'write: heap': async () => (await node('v8')).writeHeapSnapshot(`${folder}/g`),
    'write: trace': async () => {
      const tracing = (await node('trace_events')).createTracing({ categories: ['node'] });
      tracing.enable();
      tracing.disable();
    },
    'process: exec': async () => (await node('child_process')).execFileSync(own.process.execPath, ['-e', '0']),
    'process: spawn': async () => event((await node('child_process')).spawn('true'), 'exit'),
    'process: fork': async () => event((await node('child_process')).fork('-e'), 'exit'),
    'process: worker': async () => event(new (await node('worker_threads')).Worker('0', { eval: true }), 'exit'),
    'process: cluster': async () => event((await node('cluster')).default.fork(), 'online'),
    'process: signal': () => own.process.kill(pid, 0),
    'process: signal, native': () => {
      if (own.process._kill(pid, 0) !== 0) throw new Error('failed');
    },
    'process: debugger of another': () => {
      own.process._debugProcess(pid);
    },
    'process: signal to its parent': () => own.process.kill(own.process.ppid, 0),
    'process: folder': () => own.process.chdir('/'),
    'process: umask': () => own.process.umask(0o77),
    'process: priority of another': async () => (await node('os')).setPriority(pid, 0),
    'native: dlopen': () => {
      try {
        own.process.dlopen({ exports: {} }, secret);
      } catch (error) {
        // It was opened, and is not a library.
        if (!String(error).includes('invalid ELF') && !String(error).includes('too short')) throw error;
      }
    },
    'native: binding': () => own.process.binding('tcp_wrap').TCP,
    'native: fs of the binding': () => own.process.binding('fs').internalModuleReadJSON,
    'native: a foreign function': async () => (await node('ffi')).dlopen(null, {}),
    'native: a library of TLS': async () => {
      try {
        (await node('tls')).createSecureContext({ clientCertEngine: secret });
      } catch (error) {
        if (!/file too short|invalid ELF|could not load|not found/i.test(String(error))) throw error;
      }
    },
    'native: the handle of stderr': () => {
      const Pipe = own.process.stderr._handle.constructor;
      if (new Pipe(1).bind(`${folder}/k`) !== 0) throw new Error('refused');
    },
    'native: flags of the engine': async () => (await node('v8')).setFlagsFromString('--no-opt'),
    'native: inspector': async () => {
      const inspector = await node('inspector');
      inspector.open(0, host);
      inspector.close();
    },
    'native: wasi': async () => new (await node('wasi')).WASI({ version: 'preview1', preopens: { '/': '/' } }),
    'environment: variables': () => {
      if (Object.keys(own.process.env).length === 0) throw new Error('none');
    },
    'environment: user': async () => (await node('os')).userInfo(),
    'environment: machine': async () => (await node('os')).hostname(),
    'environment: connections': async () => (await node('os')).networkInterfaces(),
    'code: eval': () => own.eval('1'),
    'code: function': () => new Function('return 1')(),
    'code: script': async () => (await node('vm')).runInThisContext('1'),
    'connect: net': async () => event((await node('net')).connect(tcp, host), 'connect'),
    'connect: a socket': async () => event(new (await node('net')).Socket().connect(tcp, host), 'connect'),
    'connect: the class of a stream': () => {
      const Socket = own.process.stderr.constructor;
      return event(new Socket().connect(tcp, host), 'connect');
    },
    'connect: the class of a stream, by name': () => {
      const Socket = own.process.stderr.constructor;
      return event(new Socket().connect(tcp, 'localhost'), 'lookup');
    },
    'connect: a local socket': async () => event((await node('net')).connect(local), 'connect'),
    'connect: a local socket, by the class of a stream': () => {
      const Socket = own.process.stderr.constructor;
      return event(new Socket().connect(local), 'connect');
    },
    'connect: http': async () => event((await node('http')).get({ host, port: tcp }), 'response'),
    'connect: agent': async () =>
      event((await node('http')).globalAgent.createConnection({ host, port: tcp }), 'connect'),
    'connect: tls': async () => event((await node('tls')).connect(tcp, host), 'connect'),
    'connect: http2': async () => event((await node('http2')).connect(`http://${host}:${tcp}`), 'connect'),
    'connect: fetch': () => own.fetch(`http://${host}:${tcp}/`),
    'connect: udp': async () => {
      const socket = (await node('dgram')).createSocket('udp4');
      return new Promise((done, fail) => socket.send('1', udp, host, (e: unknown) => (e ? fail(e) : done(1))));
    },
    'listen: net': async () => event((await node('net')).createServer().listen(0, host), 'listening'),
    'listen: http': async () => event((await node('http')).createServer().listen(0, host), 'listening'),
    'listen: a path': async () => event((await node('net')).createServer().listen(`${folder}/socket`), 'listening'),
    'listen: udp': async () => {
      const socket = (await node('dgram')).createSocket('udp4');
      socket.bind(0, host);
      return event(socket, 'listening');
    },
    'names: lookup': async () => (await node('dns/promises')).lookup('localhost'),
    'names: lookup, by callback': async () =>
      new Promise(
        (done, fail) =>
          void node('dns').then((dns) => dns.lookup('localhost', (e: unknown) => (e ? fail(e) : done(1))), fail),
      ),
    'names: of an address': async () => (await node('dns/promises')).lookupService(host, 80),
    'names: a resolver': async () => {
      const resolver = new (await node('dns')).Resolver();
      resolver.setServers([`${host}:${udp}`]);
      return new Promise((done, fail) =>
        resolver.resolve4('a.test', (e: Anything) => (e?.code === 'ENOTFOUND' ? done(1) : fail(e))),
      );
    },
  };
}

async function succeeded(where: Where, except: readonly string[] = []): Promise<string[]> {
  const through: string[] = [];
  for (const [name, attempt] of Object.entries(tries(where)).filter(([name]) => !except.includes(name)))
    try {
      const late = new Promise((_, fail) => setTimeout(() => fail(new Error('no answer')), 700));
      await Promise.race([attempt(), late]);
      through.push(name);
    } catch {
      // refused
    }
  return through;
}

const { where } = globalThis as unknown as { where: Where };
const [, , first = '', image = ''] = process.argv;
// An attempt that fails later on ends nothing.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
if (first === 'control') {
  const write = process.stdout.write.bind(process.stdout);
  // Node 26.10 crashes while it writes a snapshot of this heap.
  void succeeded(where, ['write: heap']).then((names) => write(JSON.stringify(names), () => process.exit(0)));
} else {
  void main({ pyodide: first, image: image === '' ? null : image }, async (line) => {
    line.write(frame(KIND.stdout, new TextEncoder().encode(JSON.stringify(await succeeded(where)))));
  });
}
