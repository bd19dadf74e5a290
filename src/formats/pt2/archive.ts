import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { windowed } from '../../source/window.js';
import { openZip, type Zip } from '../../wire/zip/index.js';
import { isCompiled, OLD_PROGRAM, PROGRAM } from './detect.js';
import { FORMAT, type Json, parseJson } from './json.js';

/** The parts of an archive that are read: the program and its weights' names. Weights themselves never are. */
export interface Program {
  readonly document: Json;
  /** Names of the program in the archive, where it holds several. */
  readonly others: readonly string[];
  /** `data/weights/model_weights_config.json`: where each weight lies; null in archives before PyTorch 2.8. */
  readonly weights: Json | null;
}

/** Opens the archive and its program. Throws ModelError for an archive without one. */
export function openProgram(source: Source): Program {
  const zip = openZip(windowed(source), FORMAT);
  const names = zip.entries.map((e) => e.name);
  const programs = names.filter((n) => PROGRAM.test(n));
  const [first, ...others] =
    programs.length > 0 ? [programs.find((n) => n.endsWith('/model.json')) ?? programs[0], ...programs] : [];
  const old = names.find((n) => OLD_PROGRAM.test(n));
  const entry = first ?? old;
  if (entry === undefined)
    throw new ModelError('wrong-format', `${source.name} holds no exported program`, {
      format: FORMAT,
      at: { field: 'models/model.json' },
      hint: isCompiled(names)
        ? 'It is a package compiled by AOTInductor: machine code without a graph. Give what torch.export.save wrote.'
        : 'Give what torch.export.save wrote.',
    });
  return {
    document: read(zip, entry),
    others: [...new Set(others)].filter((n) => n !== entry).map((n) => PROGRAM.exec(n)?.[1] ?? n),
    weights: first === undefined ? null : weightsOf(zip, first, names),
  };
}

function weightsOf(zip: Zip, program: string, names: readonly string[]): Json | null {
  const root = program.slice(0, program.lastIndexOf('models/'));
  const name = PROGRAM.exec(program)?.[1] ?? 'model';
  const config = `${root}data/weights/${name}_weights_config.json`;
  return names.includes(config) ? read(zip, config) : null;
}

function read(zip: Zip, name: string): Json {
  const entry = zip.get(name);
  if (entry === undefined) throw new Error(`${name} was listed`);
  return parseJson(zip.read(entry), name, entry.storedSize);
}
