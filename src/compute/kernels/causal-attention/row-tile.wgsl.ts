import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'

/** Sizes in quads of four floats, as WGSL counts them. */
export function quadSizes(shape: CausalAttentionShape) {
  const { heads, keyValueHeads, headDim, headWidth, stride, attendedStride = heads * headWidth } = shape
  const quads = headWidth / 4
  return {
    /** One head. */
    quads,
    stride: stride / 4,
    attendedStride: attendedStride / 4,
    /** From the start of a row to its keys, and from a key to its value. */
    keys: heads * quads,
    toValue: keyValueHeads * quads,
    /** Query heads of one key-value head. */
    group: heads / keyValueHeads,
    scale: 1 / Math.sqrt(headDim),
  }
}

/** Workgroups of invocations that have one head each of a tile of rows. */
export function tileWorkgroups(rows: number, tileRows: number, heads: number, lanes: number): [number, number, number] {
  return [Math.ceil((Math.ceil(rows / tileRows) * heads) / lanes), 1, 1]
}

/** WGSL: the invocation's head, and the first and the last row of its tile. */
export function tileWgsl(heads: number, tileRows: number): string {
  return `  let tile = id.x / ${heads}u * ${tileRows}u;
  let head = id.x % ${heads}u;
  if (tile >= rows[0].x) { return; }
  let tile_end = min(tile + ${tileRows - 1}u, rows[0].x - 1u) + ${HIDDEN_ZERO};`
}

/** WGSL: the first four positions, counted from the start of the sequence, that any row from `begin` on sees. */
export function firstFourWgsl({ window }: CausalAttentionShape): string {
  if (window === null) return 'begin - rows[1u + begin].y'
  return `begin - rows[1u + begin].y + (max(rows[1u + begin].y + 1u, ${window}u) - ${window}u) / 4u * 4u`
}

/** WGSL: whether row `r` of the tile sees each of the rows `others`. */
export function seesWgsl({ window }: CausalAttentionShape, r: number): string {
  const before = `others <= vec4u(tile + ${r}u)`
  return window === null ? before : `(${before}) & (others + vec4u(${window}u) > vec4u(tile + ${r}u))`
}

export const SUM_WGSL = 'fn across(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }'

/**
 * WGSL: loads a quad at each of four places, turned on its side: `name_x` has the first component of all four.
 * @param index with `*` for the component of a vector of places
 */
export function transposedWgsl(name: string, array: string, index: string): string {
  return `${inEach((c) => `        let ${name}_at_${c} = ${array}[${index.replace('*', c)}];`)}
${inEach((c) => `        let ${name}_${c} = vec4f(${COMPONENTS.map((at) => `${name}_at_${at}.${c}`).join(', ')});`)}`
}

const COMPONENTS = ['x', 'y', 'z', 'w'] as const

/** Lines of text for the four components of a vector. */
export function inEach(text: (component: string) => string): string {
  return COMPONENTS.map(text).join('\n')
}

export function lines<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join('\n')
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
