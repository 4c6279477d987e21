import { INT4_STEP, INT8_STEP } from './weight-format.reference.ts'
import type { WeightFormat } from './weight-format.ts'
import { GROUP_ROWS } from './weight-format.ts'

/**
 * How a product reads its weights: `at` is where quad `column` of the current row lies in `weights`, `column` and
 * `columns` count quads of columns and are even.
 */
export interface WeightText {
  /** Element type of the array `weights`. */
  readonly element: 'vec4f' | 'vec2u' | 'u32'
  /** Where a sum starts, and how far it is to the next row. */
  readonly start: string
  readonly rowStep: string
  /** Before the loop: the ranges of the current group, where there are any. */
  readonly declare: (quads: readonly number[]) => string[]
  /** In front of row `k` of the sum, which must be a multiple of what `rowsAtOnce` says: reads the ranges of a new group. */
  readonly open: (quads: readonly number[], k: string, rowsAtOnce: 1 | 4) => string[]
  /** Quad `c` of the tile as vec4f. */
  readonly load: (c: number) => string
}

const float = (value: number) => `${value.toPrecision(9)}f`

const TEXTS: Readonly<Record<WeightFormat, WeightText>> = {
  f32: {
    element: 'vec4f',
    start: 'column',
    rowStep: 'columns',
    declare: () => [],
    open: () => [],
    load: (c) => `weights[at + ${c}u]`,
  },
  f16: {
    element: 'vec2u',
    start: 'column',
    rowStep: 'columns',
    declare: () => [],
    open: () => [],
    load: (c) => `vec4f(unpack2x16float(weights[at + ${c}u].x), unpack2x16float(weights[at + ${c}u].y))`,
  },
  int8: {
    element: 'u32',
    start: 'column',
    rowStep: 'columns',
    declare: (quads) => quads.map((c) => `var step${c} = vec4f(0.0);`),
    open: (quads, k, rowsAtOnce) =>
      whereGroupStarts(k, rowsAtOnce, [
        ...quads.flatMap((c) => {
          const range = (half: number) => `unpack2x16float(weights[at + column + ${2 * c + half}u])`
          return [`step${c} = vec4f(${range(0)}, ${range(1)}) * ${float(INT8_STEP)};`]
        }),
        'at += 2u * columns;',
      ]),
    load: (c) => `vec4f(vec4i(vec4u(weights[at + ${c}u]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)) * step${c}`,
  },
  int4: {
    element: 'u32',
    start: 'column / 2u',
    rowStep: 'columns / 2u',
    declare: (quads) => quads.flatMap((c) => [`var low${c} = vec4f(0.0);`, `var step${c} = vec4f(0.0);`]),
    open: (quads, k, rowsAtOnce) =>
      whereGroupStarts(k, rowsAtOnce, [
        'let ranges = at + 7u * (column / 2u);',
        ...quads.flatMap((c) => {
          const words = [0, 1, 2, 3].map((i) => `unpack2x16float(weights[ranges + ${4 * c + i}u])`)
          return [
            `low${c} = vec4f(${words.map((word) => `${word}.x`).join(', ')});`,
            `step${c} = (vec4f(${words.map((word) => `${word}.y`).join(', ')}) - low${c}) * ${float(INT4_STEP)};`,
          ]
        }),
        'at += 4u * columns;',
      ]),
    load: (c) => {
      const shifts = [0, 4, 8, 12].map((shift) => `${shift + 16 * (c % 2)}u`).join(', ')
      return `fma(vec4f((vec4u(weights[at + ${c >> 1}u]) >> vec4u(${shifts})) & vec4u(15u)), step${c}, low${c})`
    },
  },
}

export function weightText(format: WeightFormat): WeightText {
  return TEXTS[format]
}

function whereGroupStarts(k: string, rowsAtOnce: 1 | 4, lines: readonly string[]): string[] {
  return [`if (${k} % ${GROUP_ROWS / rowsAtOnce}u == 0u) {`, ...lines.map((line) => `  ${line}`), '}']
}

/** Declares `weight(row, column) → f32` on an array of u32, for kernels that read single weights. */
export function singleWeightWgsl(format: WeightFormat, words: string, columns: number): string {
  const body = {
    f32: `return bitcast<f32>(${words}[row * ${columns}u + column]);`,
    f16: `return unpack2x16float(${words}[row * ${columns / 2}u + column / 2u])[column % 2u];`,
    int8: `
  let group = row / ${GROUP_ROWS}u * ${(GROUP_ROWS * columns) / 4 + columns / 2}u;
  let step = unpack2x16float(${words}[group + column / 2u])[column % 2u] * ${float(INT8_STEP)};
  let word = ${words}[group + ${columns / 2}u + row % ${GROUP_ROWS}u * ${columns / 4}u + column / 4u];
  return f32(i32(word << (24u - 8u * (column % 4u))) >> 24u) * step;`,
    int4: `
  let group = row / ${GROUP_ROWS}u * ${(GROUP_ROWS * columns) / 8 + columns}u;
  let range = unpack2x16float(${words}[group + column]);
  let word = ${words}[group + ${columns}u + row % ${GROUP_ROWS}u * ${columns / 8}u + column / 8u];
  return fma(f32((word >> (4u * (column % 8u))) & 15u), (range.y - range.x) * ${float(INT4_STEP)}, range.x);`,
  }
  return `fn weight(row: u32, column: u32) -> f32 {
  ${body[format]}
}`
}
