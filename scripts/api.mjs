// The reference of the library: a page for each entry of the package, made by TypeDoc of the comments in the sources.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';

const root = resolve(import.meta.dirname, '..');

/** Names under which the package is imported, by their source in src/, without `/index`. */
function entries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return new Map(
    Object.entries(exports).flatMap(([at, target]) =>
      typeof target === 'string'
        ? []
        : [
            [
              (target.node ?? target).types.replace(/^\.\/dist\/lib\/(.*?)(?:\/index)?\.d\.ts$/, '$1'),
              `${name}${at.slice(1)}`,
            ],
          ],
    ),
  );
}

const sourceOf = (entry) =>
  ['.ts', '/index.ts'].map((end) => join(root, `src/${entry}${end}`)).find((path) => existsSync(path));

/** Writes Markdown of every entry into `folder`, and gives the paths in it. Throws where the sources have none. */
export async function makeApi(folder) {
  const names = entries();
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    // Never the folder of that name, which TypeDoc would empty.
    out: folder,
    entryPoints: [...names.keys()].map(sourceOf),
    tsconfig: join(root, 'tsconfig.json'),
    skipErrorChecking: true,
    readme: 'none',
    name: 'Library',
    disableSources: true,
    disableGit: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    logLevel: 'Error',
    sort: ['source-order'],
    outputs: [{ name: 'markdown', path: folder }],
    outputFileStrategy: 'modules',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('there is nothing to make pages of');
  // Members that a layer has from Module are described at Module.
  for (const member of project.getReflectionsByKind(ReflectionKind.All))
    if (member.inheritedFrom !== undefined) project.removeReflection(member);
  for (const module of project.getReflectionsByKind(ReflectionKind.Module))
    module.name = names.get(module.name) ?? module.name;
  await app.generateOutputs(project);
  return readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.md'));
}
