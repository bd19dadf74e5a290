/** The sign of opcount with its name. */
export function Mark() {
  return (
    <>
      <svg viewBox="0 0 32 32" width="18" height="18" aria-hidden="true">
        <path class="m1" d="M2 2h17v28H2z" />
        <path class="m2" d="M21 2h9v17h-9z" />
        <path class="m3" d="M21 21h9v9h-9z" />
      </svg>
      <span>opcount</span>
    </>
  );
}
