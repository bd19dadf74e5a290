import { MARKER } from './comment.js';
import type { Inputs } from './inputs.js';

interface Comment {
  readonly id: number;
  readonly body?: string | null;
}

/** Pages of a hundred comments that are looked through for our own. */
const PAGES = 30;

/**
 * Writes the report as one comment on the pull request, over the one of the run before. Gives why it could not: a pull
 * request of a fork has a token that may only read, and that is not a reason to fail.
 */
export async function writeComment({ api, repository, pull, token }: Inputs, body: string): Promise<string | null> {
  if (pull === null) return null;
  if (token === '') return 'there is no token';
  const comments = `${api}/repos/${repository}/issues/${pull.number}/comments`;
  const ask = (url: string, method: string, data?: unknown): Promise<Response> =>
    fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'content-type': 'application/json',
        'user-agent': 'opcount',
      },
      signal: AbortSignal.timeout(30_000),
      ...(data === undefined ? {} : { body: JSON.stringify(data) }),
    });
  try {
    let own: Comment | undefined;
    for (let page = 1; page <= PAGES && own === undefined; page++) {
      const answer = await ask(`${comments}?per_page=100&page=${page}`, 'GET');
      if (!answer.ok) return `the comments cannot be read: ${answer.status}`;
      const list = (await answer.json()) as readonly Comment[];
      own = list.find((comment) => comment.body?.startsWith(MARKER) === true);
      if (list.length < 100) break;
    }
    const answer =
      own === undefined
        ? await ask(comments, 'POST', { body })
        : await ask(`${api}/repos/${repository}/issues/comments/${own.id}`, 'PATCH', { body });
    return answer.ok ? null : `the comment cannot be written: ${answer.status}`;
  } catch (error) {
    return `${api} does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
