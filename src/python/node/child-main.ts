import { main } from './child.js';

const [, , pyodide = '', image = ''] = process.argv;
void main({ pyodide, image: image === '' ? null : image });
