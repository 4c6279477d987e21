import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import { weightText } from '../weight-format.wgsl.ts'
import type { MatmulVariant } from './matmul.reference.ts'
import { MATMUL_BINDINGS } from './matmul.reference.ts'

const COMPONENTS = ['x', 'y', 'z', 'w'] as const

/** The text depends on the variant alone, not on the sizes: all products of a model share three or four pipelines. */
export function matmulWgsl({ tile, from, epilogue, format = 'f32' }: MatmulVariant): string {
  const elements = {
    rows: 'vec4u',
    sizes: 'u32',
    input: tile.compact ? 'f32' : 'vec4f',
    weights: weightText(format).element,
    bias: 'vec4f',
    output: 'vec4f',
  }
  return `
${declareBindings(MATMUL_BINDINGS, elements)}

@compute @workgroup_size(${tile.lanes})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let count = rows[0].x;
  let row = group.y * ${tile.rows}u;
  let column = id.x * ${tile.columns / 4}u;
  let columns = sizes[1] / 4u;
  if (row >= count || column >= columns) { return; }
  let inner = sizes[0]${tile.compact ? '' : ' / 4u'};
  let input_stride = sizes[2]${tile.compact ? '' : ' / 4u'};
  let out = row * (sizes[3] / 4u) + sizes[4] / 4u + ${epilogue === 'gate' ? 'column / 2u' : 'column'};
  if (row + ${tile.fewRows}u < count) {
${tileWgsl({ tile, from, epilogue, format }, tile.rows)}
  } else {
${tileWgsl({ tile, from, epilogue, format }, tile.fewRows)}
  }
}
`
}

/** The sums of `height` rows from `row` on. Whatever the height, each of them has the same terms in the same order. */
function tileWgsl({ tile, from, epilogue, format = 'f32' }: MatmulVariant, height: number): string {
  const weights = weightText(format)
  const tileRows = range(height)
  const quads = range(tile.columns / 4)
  const lines = (parts: string[]) => parts.join('\n')
  const inputRow = (r: number) =>
    from === 'slot' ? `select(0u, rows[1u + row + ${r}u].w, row + ${r}u < count)` : `(row + ${r}u)`

  const accumulate = (term: (r: number) => string, i: number) => [
    ...quads.map((c) => `      let w${i}_${c} = ${weights.load(c)};`),
    ...tileRows.flatMap((r) =>
      quads.map((c) => `      sum${r}_${c} = fma(vec4f(${term(r)}), w${i}_${c}, sum${r}_${c});`),
    ),
    `      at += ${weights.rowStep};`,
  ]
  const step = tile.compact
    ? accumulate((r) => `x${r}`, 0)
    : COMPONENTS.flatMap((component, i) => accumulate((r) => `x${r}.${component}`, i))
  // What a place of the output gets, from the sums held for it and, where gated, for its gate.
  const result = (place: string, sum: string, gate: string) => {
    if (epilogue === 'gate') return `${place} = ${gate} / (1.0 + exp(-${gate})) * ${sum};`
    return epilogue === 'add' ? `${place} = ${place} + ${sum};` : `${place} = ${sum};`
  }
  const perRow = epilogue === 'gate' ? quads.length / 2 : quads.length
  const hold = tileRows.flatMap((r) => quads.map((c) => `    held[${r * quads.length + c}] = sum${r}_${c};`))

  return `
${lines(quads.map((c) => `    let bias${c} = bias[column + ${c}u];`))}
${lines(
  tileRows.flatMap((r) => [
    `    let from${r} = ${inputRow(r)} * input_stride;`,
    ...quads.map((c) => `    var sum${r}_${c} = bias${c};`),
  ]),
)}
    var at = ${weights.start};
${lines(weights.declare(quads))}
    for (var k = 0u; k < inner; k++) {
${lines(weights.open(quads, 'k', tile.compact ? 1 : 4))}
${lines(tileRows.map((r) => `      let x${r} = input[from${r} + k];`))}
${lines(step)}
    }
    var held: array<vec4f, ${height * quads.length}>;
${lines(hold)}
    for (var i = 0u; i < ${height * perRow}u${tile.compact ? ` + ${HIDDEN_ZERO}` : ''}; i++) {
      let r = i / ${perRow}u;
      let c = i % ${perRow}u;
      if (row + r < count) {
        let place = out + r * (sizes[3] / 4u) + c;
        ${
          epilogue === 'gate'
            ? result('output[place]', 'held[2u * i + 1u]', 'held[2u * i]')
            : result('output[place]', 'held[i]', '')
        }
      }
    }`
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
