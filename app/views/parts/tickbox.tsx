import type { ComponentChildren } from 'preact';

interface TickboxProps {
  readonly on: boolean;
  readonly onTurn: (on: boolean) => void;
  readonly children: ComponentChildren;
}

/** A choice that is on or off, with its words. */
export function Tickbox({ on, onTurn, children }: TickboxProps) {
  return (
    <label class="tickbox">
      <input type="checkbox" checked={on} onChange={(event) => onTurn(event.currentTarget.checked)} /> {children}
    </label>
  );
}
