// Into which files the bundler puts the code of the page and of its worker. By itself it makes one of whatever is shared by the
// same set of entries, some two hundred, and a model asks for sixty of them one level after the other. A piece takes what its
// modules import with it, but for what is in a piece above it: so no two pieces can need each other.

const ROOMS = String.raw`lib[\\/](?:dim|tensor|ops|ledger|graph)[\\/]`;
/** Asked for by training alone, and as large as all the rest of its room. */
const GRADIENTS = String.raw`(?!catalog[\\/]gradients)`;

/** The code that the page starts with is one file. */
const START = { name: 'start', tags: ['$initial' as const], priority: 3 };

export const PAGE_PIECES = { groups: [START] };

export const WORKER_PIECES = {
  groups: [
    START,
    // Every file needs this: to tell its format, and to count.
    { name: 'opening', test: /lib[\\/]api[\\/]open\.js$/, priority: 2 },
    { name: 'counting', test: new RegExp(ROOMS + GRADIENTS), priority: 1 },
  ],
};
