interface StackedBarProps {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  readonly text: (value: number) => string;
}

/** One bar of several parts, with what each is. */
export function StackedBar({ label, parts, text }: StackedBarProps) {
  const some = parts.filter(({ value }) => value > 0);
  const whole = some.reduce((sum, { value }) => sum + value, 0);
  return (
    <figure class="stack">
      <div
        class="stack-bar"
        role="img"
        aria-label={`${label}: ${some.map((p) => `${p.name} ${text(p.value)}`).join(', ')}`}
      >
        {some.map(({ name, value }, i) => (
          <i
            key={name}
            class={`shade${i % 6}`}
            style={{ flexGrow: value / (whole || 1) }}
            title={`${name} ${text(value)}`}
          />
        ))}
      </div>
      <figcaption>
        {some.map(({ name, value }, i) => (
          <span key={name}>
            <i class={`shade${i % 6}`} aria-hidden="true" />
            {name} <b>{text(value)}</b> <small>{((100 * value) / (whole || 1)).toFixed(1)} %</small>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
