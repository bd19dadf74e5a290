// The same cases every time: a test that fails fails for everybody. New cases are `npm run fuzz`'s to find.
import fc from 'fast-check';

fc.configureGlobal({ seed: 1147263505 });
