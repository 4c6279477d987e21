const floats = new Float32Array(1)
const bits = new Uint32Array(floats.buffer)

/** IEEE 754 binary16 to a number, exactly; subnormals, infinities and NaN included. */
export function widenHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** A float32 to the nearest binary16, ties to even; infinite from 65520 on. */
export function narrowHalf(value: number): number {
  floats[0] = value
  const word = bits[0] as number
  const sign = (word >>> 16) & 0x8000
  const size = word & 0x7fffffff
  if (size > 0x7f800000) return sign | 0x7e00
  if (size >= 0x47800000) return sign | 0x7c00
  if (size < 0x38800000) {
    // Below 2⁻¹⁴ a half counts in steps of 2⁻²⁴, as a float32 does from 0.5 to 1: adding 0.5 rounds.
    floats[0] = Math.abs(value) + 0.5
    return sign | ((bits[0] as number) - 0x3f000000)
  }
  return sign | ((size + 0xfff + ((size >> 13) & 1) - 0x38000000) >> 13)
}

let widened: Float32Array | undefined

/** All 65,536 halves as floats, for loops: made when first asked for. */
export function halfTable(): Float32Array {
  widened ??= Float32Array.from({ length: 65536 }, (_, half) => widenHalf(half))
  return widened
}
