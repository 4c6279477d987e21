/**
 * The seed of item `index` of a set. The first item has the set's seed itself; the golden ratio keeps the others apart
 * from those of nearby seeds.
 */
export function itemSeed(seed: number, index: number): number {
  return (seed + Math.imul(index, 0x9e3779b9)) >>> 0
}
