import { ModelError } from '../../source/errors.js';
import type { TorchArchive } from '../checkpoint/archive.js';
import type { ClassCode, FunctionCode } from './code/ast.js';
import { type ModuleCode, parseCode } from './code/parse.js';

/** Bytes of one file of code. */
const FILE_LIMIT = 1 << 26;
/** Bytes of all files of code together. */
const CODE_LIMIT = 1 << 28;

/** The classes and functions of an archive, by qualified name; each file is read when it is first needed. */
export class Library {
  readonly #archive: TorchArchive;
  readonly #modules = new Map<string, ModuleCode | null>();
  #bytes = 0;

  constructor(archive: TorchArchive) {
    this.#archive = archive;
  }

  /** The class called `__torch__.torch.nn.modules.conv.Conv2d`, or undefined. */
  class(qualified: string): ClassCode | undefined {
    const [module, name] = parts(qualified);
    return this.#module(module)?.classes.get(name);
  }

  function(qualified: string): FunctionCode | undefined {
    const [module, name] = parts(qualified);
    return this.#module(module)?.functions.get(name);
  }

  #module(name: string): ModuleCode | null {
    let module = this.#modules.get(name);
    if (module === undefined) {
      module = this.#read(`code/${name.replaceAll('.', '/')}.py`);
      this.#modules.set(name, module);
    }
    return module;
  }

  #read(path: string): ModuleCode | null {
    const entry = this.#archive.get(path);
    if (entry === undefined) return null;
    this.#bytes += entry.size;
    if (this.#bytes > CODE_LIMIT)
      throw new ModelError('limit', `more than ${CODE_LIMIT} bytes of code`, { format: 'torchscript' });
    return parseCode(new TextDecoder().decode(this.#archive.zip.read(entry, FILE_LIMIT)), path);
  }
}

function parts(qualified: string): [module: string, name: string] {
  const dot = qualified.lastIndexOf('.');
  return [qualified.slice(0, Math.max(0, dot)), qualified.slice(dot + 1)];
}
