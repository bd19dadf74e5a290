// Bundles the entry of the GitHub Action, which is committed: a runner takes it from the repository as it is.
import { build } from 'esbuild';

/** The text of action/index.js. */
export async function actionText() {
  const { outputFiles } = await build({
    entryPoints: ['action/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].text;
}
