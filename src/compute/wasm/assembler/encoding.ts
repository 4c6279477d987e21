/** Bytes of the binary format (WebAssembly core specification 2.0, chapter 5). */

export function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 128 : low)
  } while (rest > 0)
  return bytes
}

/** Signed LEB128 of a number that 32 bits hold, signed or unsigned. */
export function signed(value: number): number[] {
  return signedBig(BigInt(value | 0))
}

export function signedBig(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = Number(rest & 127n)
    rest >>= 7n
    const done = (rest === 0n && low < 64) || (rest === -1n && low >= 64)
    bytes.push(done ? low : low | 128)
    if (done) return bytes
  }
}

export function float32(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)]
}

export function float64(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)]
}

export function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value)
  return [...unsigned(bytes.length), ...bytes]
}

/** A vector of the format: how many, then each. */
export function list(items: readonly (readonly number[])[]): number[] {
  // `flat` takes ten times as long, and most of the time that assembling takes.
  return unsigned(items.length).concat(...items)
}

/** A section; `content` may be longer than a call has arguments. */
export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length)].concat(content)
}
