// Finds a Redis server for the tests of queues, and on a Debian machine where one may install packages, installs it.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installed } from './debian.mjs';

export function findRedis() {
  if (process.env['REDIS_SERVER']) return process.env['REDIS_SERVER'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path)) ?? null;
}

export function ensureRedis() {
  return findRedis() ?? (installed('redis-server', 'the tests of queues') ? findRedis() : null);
}
