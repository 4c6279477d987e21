interface Limits {
  readonly min: number
  readonly max: number
  readonly most: number
}

/** Different whole numbers of a typed list, ascending, or what is wrong with it in one sentence. */
export function readNumberList(
  text: string,
  { min, max, most }: Limits,
): { readonly values: readonly number[] } | { readonly wrong: string } {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  if (parts.length === 0) return { wrong: 'Type at least one number.' }
  const odd = parts.find((part) => !/^\d+$/.test(part) || Number(part) < min || Number(part) > max)
  if (odd !== undefined) return { wrong: `“${odd.slice(0, 20)}” is not a whole number from ${min} to ${max}.` }
  const values = [...new Set(parts.map(Number))].sort((a, b) => a - b)
  return values.length > most ? { wrong: `At most ${most} numbers.` } : { values }
}
