import type { MatmulTile } from '../../tuning.ts'
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
  const builtins = ['@builtin(global_invocation_id) id: vec3u', '@builtin(workgroup_id) group: vec3u']
  if (tile.subgroup) builtins.push('@builtin(subgroup_invocation_id) lane: u32')
  const quads = tile.columns / 4
  // Invocations of a subgroup stay together to its end: those without columns repeat the last ones and store nothing.
  const place = tile.subgroup
    ? `let column = min(id.x * ${quads}u, columns - ${quads}u);
  if (row >= count) { return; }`
    : `let column = id.x * ${quads}u;
  if (row >= count || column >= columns) { return; }`
  return `${tile.subgroup ? 'enable subgroups;' : ''}
${declareBindings(MATMUL_BINDINGS, elements)}

@compute @workgroup_size(${tile.lanes})
fn main(${builtins.join(', ')}) {
  let count = rows[0].x;
  let row = group.y * ${tile.rows}u;
  let columns = sizes[1] / 4u;
  ${place}
  let inner = sizes[0]${tile.compact ? '' : ' / 4u'};
  let input_stride = sizes[2]${tile.compact ? '' : ' / 4u'};
  let input_offset = sizes[5]${tile.compact ? '' : ' / 4u'};
  let out = row * (sizes[3] / 4u) + sizes[4] / 4u + ${epilogue === 'gate' ? 'column / 2u' : 'column'};
${heights(tile)
  .map((height, i, all) => {
    const text = `{\n${tileWgsl({ tile, from, epilogue, format }, height)}\n  }`
    const next = all[i + 1]
    return next === undefined ? `  ${text}` : `  if (row + ${next}u < count) ${text} else`
  })
  .join('\n')}
}
`
}

/** Heights of the code, from the whole tile down. */
function heights({ rows, fewRows, furtherHeights = [] }: MatmulTile): number[] {
  return [rows, fewRows, ...furtherHeights].sort((a, b) => b - a)
}

/** The sums of `height` rows from `row` on. Whatever the height, each of them has the same terms in the same order. */
function tileWgsl({ tile, from, epilogue, format = 'f32' }: MatmulVariant, height: number): string {
  const weights = weightText(format)
  const tileRows = range(height)
  const quads = range(tile.columns / 4)
  const lines = (parts: string[]) => parts.join('\n')
  const shared = tile.subgroup
  const inputRow = (r: string) =>
    from === 'slot' ? `select(0u, rows[1u + row + ${r}].w, row + ${r} < count)` : `(row + ${r})`
  // Where inputs are shared, lane l of the subgroup loads those of row l of each block of rows.
  const loads = shared ? range(Math.ceil(height / shared)) : tileRows
  const loadedRow = (i: number) => {
    if (shared === undefined) return `${i}u`
    const row = `${i * shared}u + lane`
    return (i + 1) * shared > height ? `min(${row}, ${height - 1}u)` : `(${row})`
  }
  const input = (r: number) =>
    shared === undefined ? `x${r}` : `subgroupBroadcast(x${Math.floor(r / shared)}, ${r % shared}u)`

  const accumulate = (term: (r: number) => string, i: number) => [
    ...quads.map((c) => `      let w${i}_${c} = ${weights.load(c)};`),
    ...tileRows.flatMap((r) => [
      `      let y${i}_${r} = vec4f(${term(r)});`,
      ...quads.map((c) => `      sum${r}_${c} = fma(y${i}_${r}, w${i}_${c}, sum${r}_${c});`),
    ]),
    `      at += ${weights.rowStep};`,
  ]
  const step = tile.compact
    ? accumulate(input, 0)
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
${lines(loads.map((i) => `    let from${i} = ${inputRow(loadedRow(i))} * input_stride + input_offset;`))}
${lines(tileRows.flatMap((r) => quads.map((c) => `    var sum${r}_${c} = bias${c};`)))}
    var at = ${weights.start};
${lines(weights.declare(quads))}
    for (var k = 0u; k < inner; k++) {
${lines(weights.open(quads, 'k', tile.compact ? 1 : 4))}
${lines(loads.map((i) => `      let x${i} = input[from${i} + k];`))}
${lines(step)}
    }
${shared ? `    if (id.x * ${quads.length}u >= columns) { return; }` : ''}
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
