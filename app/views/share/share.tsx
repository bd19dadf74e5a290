import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../state/client.js';
import { sharing } from '../../state/view.js';
import { Modal, ModalHead } from '../parts/modal.js';
import { type Way, waysToShare } from './ways.js';

/** Everything that can be taken from the page. Numbers are those at the present sizes. */
export function ShareDialog() {
  const [said, say] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (sharing.value) say('');
  }, [sharing.value]);
  const run = async (way: Way): Promise<void> => {
    setBusy(true);
    say(`${way.title} …`);
    try {
      say(await way.go());
    } catch (error) {
      say(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const close = (): void => {
    sharing.value = false;
  };
  return (
    <Modal open={sharing.value} class="take" aria-label="Share" onClose={close}>
      <ModalHead title="Share" onClose={close} />
      {sharing.value &&
        waysToShare().map(({ title, ways }) => (
          <section key={title}>
            <h3>{title}</h3>
            <ul>
              {ways.map((way) => (
                <li key={way.id}>
                  <button type="button" disabled={way.missing != null || busy} onClick={() => void run(way)}>
                    {way.title}
                  </button>
                  <span>{way.missing ?? way.words}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      <p role="status">{said}</p>
    </Modal>
  );
}
