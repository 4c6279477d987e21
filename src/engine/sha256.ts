/**
 * SHA-256 (FIPS 180-4) over bytes that arrive in pieces. The platform's `crypto.subtle` wants all bytes at once and is
 * missing on pages served without TLS.
 */
export class Sha256 {
  private readonly state = new Uint32Array(INITIAL)
  private readonly block = new Uint8Array(64)
  private readonly words = new Uint32Array(64)
  private filled = 0
  private total = 0

  update(bytes: Uint8Array): this {
    this.total += bytes.length
    let at = 0
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + 64 - this.filled)
      this.block.set(part, this.filled)
      this.filled += part.length
      at += part.length
      if (this.filled === 64) this.compress()
    }
    return this
  }

  /** The digest as 64 hex digits. Nothing may be added afterwards. */
  hex(): string {
    const bits = this.total * 8
    const padding = new Uint8Array((this.filled < 56 ? 56 : 120) - this.filled + 8)
    padding[0] = 0x80
    const view = new DataView(padding.buffer)
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32))
    view.setUint32(padding.length - 4, bits >>> 0)
    this.update(padding)
    return [...this.state].map((word) => word.toString(16).padStart(8, '0')).join('')
  }

  private compress(): void {
    const { block, state, words } = this
    for (let i = 0; i < 16; i++) {
      const at = 4 * i
      words[i] =
        ((block[at] ?? 0) << 24) | ((block[at + 1] ?? 0) << 16) | ((block[at + 2] ?? 0) << 8) | (block[at + 3] ?? 0)
    }
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15] ?? 0
      const y = words[i - 2] ?? 0
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
      words[i] = (words[i - 16] ?? 0) + s0 + (words[i - 7] ?? 0) + s1
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] ?? 0) + (words[i] ?? 0)) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] ?? 0) + value
    this.filled = 0
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

const PRIMES = Array.from({ length: 310 }, (_, i) => i + 2).filter((n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
})

/** First 32 bits of the fractional part of the primes' square and cube roots: the standard's constants. */
const INITIAL: readonly number[] = PRIMES.slice(0, 8).map((p) => fraction(Math.sqrt(p)))
const ROUND: readonly number[] = PRIMES.slice(0, 64).map((p) => fraction(Math.cbrt(p)))

function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}
