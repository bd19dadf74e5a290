import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface ModalProps extends Omit<JSX.IntrinsicElements['dialog'], 'open' | 'ref' | 'class'> {
  readonly open: boolean;
  readonly class?: string;
  /** However it was closed, by Escape too. */
  readonly onClose: () => void;
}

/** A dialog over the page. */
export function Modal({ open, class: own = '', ...rest }: ModalProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) box.current?.showModal();
    else box.current?.close();
  }, [open]);
  return <dialog ref={box} class={`sheet ${own}`.trim()} {...rest} />;
}

/** Its title, with the way out of it. */
export function ModalHead({ title, onClose }: { readonly title: string; readonly onClose: () => void }) {
  return (
    <header>
      <h2>{title}</h2>
      <button type="button" class="plain" onClick={onClose}>
        Close
      </button>
    </header>
  );
}
