/** A protobuf field as bytes: what is needed to write ONNX files, and no more. */
export type Field = readonly Uint8Array[]

/** Fields in order, one message. Large parts are kept as they are, so that nothing is copied twice. */
export type Message = readonly Field[]

export function integer(field: number, value: number | bigint): Field {
  return [varint(BigInt(field) << 3n), varint(BigInt.asUintN(64, BigInt(value)))]
}

export function float(field: number, value: number): Field {
  return [varint((BigInt(field) << 3n) | 5n), new Uint8Array(Float32Array.of(value).buffer)]
}

export function text(field: number, value: string): Field {
  return bytes(field, new TextEncoder().encode(value))
}

export function bytes(field: number, value: Uint8Array): Field {
  return [varint((BigInt(field) << 3n) | 2n), varint(BigInt(value.length)), value]
}

export function message(field: number, fields: Message): Field {
  const parts = fields.flat()
  return [varint((BigInt(field) << 3n) | 2n), varint(BigInt(sizeOf(parts))), ...parts]
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

function varint(value: bigint): Uint8Array {
  const out: number[] = []
  let rest = value
  do {
    const more = rest > 127n
    out.push(Number(rest & 127n) | (more ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(out)
}
