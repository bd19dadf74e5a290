/**
 * The lists to choose from on the page, as `Lists` in app/state/lists.ts describes them. They are made when the page is built
 * and put into its script, since the library needs the code of every convention, architecture and format to make them.
 */
export async function listsOf({ builtinModels, CONVENTIONS, formats, version }) {
  const models = await builtinModels();
  return {
    version,
    formats: formats.map(({ id, title }) => ({ id, title })),
    conventions: CONVENTIONS.map(({ id, title, version: of, description, source }) => ({
      id,
      title,
      version: of,
      words: description,
      source,
    })),
    builtins: models.map(({ name, title, family }) => ({ name, title, family })),
  };
}
