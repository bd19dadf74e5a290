/** Ranges of numbers, `0–31`, which are not broken at the end of a line. */
export function Ranges({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/(\d{1,9}–[^\s\d]{0,12}\d{1,9})/).map((part, i) =>
        i % 2 === 0 ? (
          part
        ) : (
          <span key={i} class="unbroken">
            {part}
          </span>
        ),
      )}
    </>
  );
}
