import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { MatmulShape } from './matmul.reference.ts'
import { MATMUL_BINDINGS } from './matmul.reference.ts'

const COMPONENTS = ['x', 'y', 'z', 'w'] as const

export function matmulWgsl(shape: MatmulShape): string {
  const { columns, tile } = shape
  return `
${declareBindings(MATMUL_BINDINGS, { rows: 'vec4u', input: 'vec4f', weights: 'vec4f', bias: 'vec4f', output: 'vec4f' })}

@compute @workgroup_size(${tile.lanes})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let count = rows[0].x;
  let row = group.y * ${tile.rows}u;
  if (row >= count || id.x >= ${columns / tile.columns}u) { return; }
  let column = id.x * ${tile.columns / 4}u;
  if (row + ${tile.fewRows}u < count) {
${tileWgsl(shape, tile.rows)}
  } else {
${tileWgsl(shape, tile.fewRows)}
  }
}
`
}

/** The sums of `height` rows from `row` on. Whatever the height, each of them has the same terms in the same order. */
function tileWgsl(shape: MatmulShape, height: number): string {
  const { inner, columns, inputStride, outputStride, outputOffset, from, epilogue, tile } = shape
  const tileRows = range(height)
  const quads = range(tile.columns / 4)
  const lines = (parts: string[]) => parts.join('\n')
  const inputRow = (r: number) =>
    from === 'slot' ? `select(0u, rows[1u + row + ${r}u].w, row + ${r}u < count)` : `(row + ${r}u)`

  const products = COMPONENTS.map((component, i) =>
    lines([
      ...quads.map((c) => `      let w${i}_${c} = weights[at + ${(i * columns) / 4 + c}u];`),
      ...tileRows.flatMap((r) =>
        quads.map((c) => `      sum${r}_${c} = fma(vec4f(x${r}.${component}), w${i}_${c}, sum${r}_${c});`),
      ),
    ]),
  )
  const store = (r: number) => {
    const place = (c: number) => `output[out + ${c}u]`
    switch (epilogue) {
      case 'store':
        return quads.map((c) => `${place(c)} = sum${r}_${c};`)
      case 'add':
        return quads.map((c) => `${place(c)} = ${place(c)} + sum${r}_${c};`)
      case 'gate':
        return range(quads.length / 2).map((c) => {
          const gate = `sum${r}_${2 * c}`
          return `${place(c)} = ${gate} / (1.0 + exp(-${gate})) * sum${r}_${2 * c + 1};`
        })
    }
  }
  const outputQuads = epilogue === 'gate' ? quads.length / 2 : quads.length

  return `
${lines(
  tileRows.flatMap((r) => [
    `    let from${r} = ${inputRow(r)} * ${inputStride / 4}u;`,
    ...quads.map((c) => `    var sum${r}_${c} = bias[column + ${c}u];`),
  ]),
)}
    for (var k = 0u; k < ${inner / 4}u + ${HIDDEN_ZERO}; k++) {
      let at = k * ${columns}u + column;
${lines(tileRows.map((r) => `      let x${r} = input[from${r} + k];`))}
${lines(products)}
    }
${lines(
  tileRows.map(
    (r) => `    if (row + ${r}u < count) {
      let out = (row + ${r}u) * ${outputStride / 4}u + ${outputOffset / 4}u + id.x * ${outputQuads}u;
      ${store(r).join('\n      ')}
    }`,
  ),
)}`
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
