import { useEffect } from 'preact/hooks';
import { openExample } from '../state/example.js';
import { following } from '../state/link.js';
import { example, start } from '../state/model.js';
import { Opener } from './open/opener.js';
import { Card } from './summary/card.js';
import { Dimensions } from './summary/dims.js';

/** The first page: all ways to open a model, and below them one that is open. */
export function Welcome() {
  useEffect(() => {
    if (start.value !== null && !following.value) void openExample();
  }, [start.value, following.value]);
  return (
    <div class="welcome">
      <h1 class="lede">
        What a neural network costs, read from the model itself.{' '}
        <span>MACs, FLOPs, parameters, memory: where they go, layer by layer, at any size.</span>
      </h1>
      <Opener slot="a" />
      {example.value && (
        <section class="example" aria-label="An example">
          <header>
            <h2>An example, live</h2>
            <button
              type="button"
              class="plain"
              onClick={() => {
                example.value = false;
                scrollTo({ top: 0 });
              }}
            >
              Open it with all its views
            </button>
          </header>
          <Card />
          <Dimensions />
        </section>
      )}
    </div>
  );
}
