/** Amounts with their units, `4.089 G` and `35.8 %`, and ranges, `0–31`: none of them is broken at the end of a line. */
const WHOLE = /((?:≥ )?\d[\d.,]{0,20} [kMGTPE%](?![\w])|\d{1,9}–[^\s\d]{0,12}\d{1,9})/;

export function Unbroken({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(WHOLE).map((part, i) =>
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
