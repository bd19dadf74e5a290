interface PickProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onPick: (value: T) => void;
}

/** A choice of one among a few, with its label. */
export function Pick<T extends string>({ label, value, options, onPick }: PickProps<T>) {
  return (
    <label class="pick">
      <span class="quiet">{label}</span>
      <select aria-label={label} value={value} onChange={(event) => onPick(event.currentTarget.value as T)}>
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
