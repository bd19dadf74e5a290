interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly words?: string;
}

/** One number of a view, as large as the summary's, with what it is above and a remark below. */
export function Fact({ label, value, words }: FactProps) {
  return (
    <div class="figure">
      <span class="label">{label}</span>
      <strong>{value}</strong>
      {words !== undefined && <span class="words">{words}</span>}
    </div>
  );
}
