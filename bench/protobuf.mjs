// The little of protobuf's writing side that the benchmarks need to make ONNX files: lengths, varints, nested messages.

export function varint(n) {
  const bytes = [];
  let rest = BigInt(n);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

/** A length-delimited field: bytes, a string or a nested message given as a list of encoded fields. */
export function bytes(field, content) {
  const payload = Array.isArray(content) ? Buffer.concat(content) : Buffer.from(content);
  return Buffer.concat([varint((field << 3) | 2), varint(payload.length), payload]);
}

/** The fields of a message, each as {field, wire, start, end, payload}: `payload` for length-delimited ones. */
export function* fields(buffer) {
  let at = 0;
  const read = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < buffer.length) {
    const start = at;
    const key = read();
    const wire = key & 7;
    let payload = null;
    if (wire === 0) read();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = read();
      payload = buffer.subarray(at, at + length);
      at += length;
    }
    yield { field: key >> 3, payload, raw: buffer.subarray(start, at) };
  }
}
