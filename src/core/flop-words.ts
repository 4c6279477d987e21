const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** Floating-point operations in a sentence, two significant digits: `2 GFLOP`, `1.5 TFLOP`, `340 MFLOP`. */
export function flopWords(flops: number): string {
  let scaled = Number(flops.toPrecision(2))
  let prefix = 0
  while (scaled >= 1000 && prefix < PREFIXES.length - 1) {
    scaled /= 1000
    prefix += 1
  }
  return `${Number(scaled.toPrecision(2))} ${PREFIXES[prefix]}FLOP`
}
