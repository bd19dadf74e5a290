import { writeSync } from 'node:fs';
import { makeImage } from './child.js';

/** Writes an image of the interpreter to stdout; run when opcount is built. */
const exit = process.exit.bind(process);
void makeImage(process.argv[2] ?? '').then((image) => {
  let at = 0;
  while (at < image.length) at += writeSync(1, image, at);
  exit(0);
});
