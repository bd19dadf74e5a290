// A Redis server, for the tests of queues. REDIS_SERVER names another one.
import { ensured, found } from './programs.mjs';

export const findRedis = () => found('REDIS_SERVER', ['redis-server']);
export const ensureRedis = () => ensured(findRedis, 'redis-server', 'the tests of queues');
