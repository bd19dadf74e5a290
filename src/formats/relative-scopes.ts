/** A module as a node's metadata states it: its path, or what its parent alone calls it, and its class. */
export interface StatedModule {
  readonly path: string;
  readonly type: string;
}

/**
 * PyTorch's exporters name the modules around a node by their paths from the model. Below a module whose `forward` was
 * replaced on the object (`m.forward = m.forward_fuse`, as detectors do when they fold batch norms) they name them from
 * that module instead: `['', 'model.0', 'conv']` for `model.0.conv`. Taken for a path, it makes one module of all of that name.
 *
 * A name that does not continue its parent's is such a name if a weight used below it is called `model.0.conv.…`, and a
 * path if one is called `conv.…` (a module that another one calls). Where no weight tells, the class of the parent does,
 * unless the name begins like a path of this model.
 */
export class RelativeScopes {
  /** Names by the parent's path, and whether weights prove them to be relative. */
  readonly #proven = new Map<string, boolean>();
  /** Classes below which a name was proven to be relative. */
  readonly #classes = new Set<string>();
  /** First parts of paths. */
  readonly #roots = new Set<string>();
  #any = false;

  /** Whether some name does not continue its parent's: without one, what is stated are paths. */
  get any(): boolean {
    return this.#any;
  }

  /** Looks at the modules around a node, the outermost below the model first, and at the weights that it reads. */
  look(scope: readonly StatedModule[], weights: readonly string[]): void {
    const outermost = scope[0];
    if (outermost !== undefined) this.#roots.add(firstOf(outermost.path));
    for (const name of weights) if (name.includes('.')) this.#roots.add(firstOf(name));
    let above: Above | null = null;
    for (const module of scope) {
      if (above !== null && !continues(module.path, above.stated)) {
        this.#any = true;
        this.#prove(module.path, above, weights);
      }
      above = this.#below(above, module);
    }
  }

  /** The paths of the modules around a node. */
  paths(scope: readonly StatedModule[]): readonly string[] {
    let above: Above | null = null;
    return scope.map((module) => {
      above = this.#below(above, module);
      return above.path;
    });
  }

  #prove(name: string, { path, type }: Above, weights: readonly string[]): void {
    if (weights.some((weight) => continues(weight, `${path}.${name}`))) {
      this.#proven.set(keyOf(path, name), true);
      if (type !== '') this.#classes.add(type);
    } else if (weights.some((weight) => continues(weight, name))) this.#proven.set(keyOf(path, name), false);
  }

  #below(above: Above | null, { path: stated, type }: StatedModule): Above {
    if (above === null) return { stated, path: stated, type };
    if (continues(stated, above.stated)) return { stated, path: above.path + stated.slice(above.stated.length), type };
    return { stated, path: this.#isRelative(stated, above) ? `${above.path}.${stated}` : stated, type };
  }

  #isRelative(name: string, { path, type }: Above): boolean {
    return this.#proven.get(keyOf(path, name)) ?? (this.#classes.has(type) && !this.#roots.has(firstOf(name)));
  }
}

/** The module around another one: what it is called there, where it really is, and its class. */
interface Above extends StatedModule {
  readonly stated: string;
}

function keyOf(path: string, name: string): string {
  return `${path}\n${name}`;
}

function firstOf(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

/** Whether a path is below another one; every path is below the model's own. */
function continues(path: string, above: string): boolean {
  return above === '' || (path.charCodeAt(above.length) === DOT && path.startsWith(above));
}
const DOT = 46;
