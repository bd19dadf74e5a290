import { join } from 'node:path';
import {
  BaseType,
  type Config,
  createFormatter,
  createParser,
  DEFAULT_CONFIG,
  type Definition,
  SchemaGenerator,
} from 'ts-json-schema-generator';
import * as ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

/** The file of schemas/ that each type of `src/cli/printed.ts` becomes. */
export const SCHEMAS = {
  report: 'ReportJson',
  several: 'SeveralJson',
  compare: 'CompareJson',
  reconcile: 'ReconcileJson',
  'who-prints': 'WhoPrintsJson',
  check: 'CheckJson',
  models: 'ModelsJson',
  devices: 'DevicesJson',
  explain: 'ExplainJson',
} as const;

export type SchemaName = keyof typeof SCHEMAS;

/** A bigint, which JSON has as an integer of any size. */
class Integer extends BaseType {
  getId(): string {
    return 'integer';
  }
}

/** The schemas of what the command prints as JSON, made of the types that the code is checked against. */
export function makeSchemas(): Record<SchemaName, Record<string, unknown>> {
  const path = join(ROOT, 'src/cli/printed.ts');
  const options = ts.getParsedCommandLineOfConfigFile(join(ROOT, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  } as ts.ParseConfigFileHost)?.options;
  const program = ts.createProgram([path], { ...options, types: [], noEmit: true });
  const config: Config & Required<Pick<Config, 'jsDoc'>> = {
    ...DEFAULT_CONFIG,
    path,
    expose: 'export',
    topRef: false,
    jsDoc: 'extended',
    sortProps: false,
    encodeRefs: false,
    additionalProperties: false,
  } as never;
  const parser = createParser(program, config as never, (chain) =>
    chain.addNodeParser({
      supportsNode: (node) => node.kind === ts.SyntaxKind.BigIntKeyword,
      createType: () => new Integer(),
    }),
  );
  const formatter = createFormatter(config as never, (chain) =>
    chain.addTypeFormatter({
      supportsType: (type: BaseType) => type instanceof Integer,
      getDefinition: (): Definition => ({ type: 'integer' }),
      getChildren: () => [],
    }),
  );
  const generator = new SchemaGenerator(program, parser, formatter, config as never);
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, type]) => [name, plainNames(generator.createSchema(type))]),
  ) as Record<SchemaName, Record<string, unknown>>;
}

/** Definitions by the name of their type alone: `ReportTensor` of `ReportTensor<ReportExtent>`. */
function plainNames(schema: object): Record<string, unknown> {
  const text = JSON.stringify(schema).replace(/(#\/definitions\/|")([A-Z]\w*)<[\w,<>]*>"/g, '$1$2"');
  return JSON.parse(text) as Record<string, unknown>;
}
