import { expect, test } from 'vitest'
import type { Backend, Views } from '../../backend.ts'
import { centralDifferences } from '../../testing/central-differences.ts'
import { inDouble, innerProduct } from '../../testing/in-double.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packedRows, someHeads } from '../../testing/packed-rows.ts'
import { relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { headGainGradientKernel } from './head-gain-gradient.ts'
import type { ROTARY_DENSE_BINDINGS, RotaryDenseShape } from './rotary-dense.reference.ts'
import { rotaryDenseReference } from './rotary-dense.reference.ts'
import { rotaryDenseKernel } from './rotary-dense.ts'
import { rotaryDenseBackwardKernel } from './rotary-dense-backward.ts'

const LENGTHS = [1, 3, 5]
const ROWS = 9
const ROOM = 11

onEachBackend('rotary embedding of packed rows', (backend) => {
  const shapes = [
    { headDim: 6, norm: null, lanes: 4, spare: 4 },
    { headDim: 6, norm: { epsilon: 1e-6 }, lanes: 64, spare: 16 },
    { headDim: 10, norm: { epsilon: 0.1 }, lanes: 8, spare: 0 },
    { headDim: 24, norm: null, lanes: 8, spare: 8 },
    { headDim: 32, norm: { epsilon: 1e-6 }, lanes: 8, spare: 0 },
  ]

  test.each(shapes)('turns heads of $headDim, norm $norm', async (given) => {
    const shape = shapeOf(given)
    const inputs = inputsOf(shape)
    const { output } = await runKernel(backend(), rotaryDenseKernel(shape), inputs, ROOM)
    const expected = Array.from({ length: ROWS }, (_, row) => turnedRow(shape, inputs, row)).flat()
    expect(relativeError(output.subarray(0, expected.length), expected)).toBeLessThan(2e-6)
    expect(output.subarray(0, expected.length).every((value, i) => value !== 0 || expected[i] === 0)).toBe(true)
    expect(output.filter((_, i) => expected[i] === 0).every((value) => value === 0)).toBe(true)
    expect(output.subarray(expected.length).every((value) => value === 7)).toBe(true)
  })

  test.each(shapes)('backward as central differences: $headDim, norm $norm', async (given) => {
    const shape = shapeOf(given)
    const inputs = inputsOf(shape)
    const gradient = gradientOf(shape)
    const doubles = {
      ...inputs,
      input: inDouble(inputs.input),
      gains: inDouble(inputs.gains),
      output: inDouble(inputs.output),
    }
    const forward = rotaryDenseReference(shape, doubles)
    const used = ROWS * shape.stride
    const lossOf = (view: Float32Array) => (x: Float64Array) => {
      view.set(x)
      forward()
      return innerProduct(doubles.output.subarray(0, used), gradient)
    }
    const expected = centralDifferences(lossOf(doubles.input), inputs.input).slice(0, used)
    const found = await backward(backend(), shape, inputs, gradient)
    expect(relativeError(found.output.subarray(0, used), expected)).toBeLessThan(5e-6)
    const padding = found.output.filter((_, i) => i < used && !isInHead(shape, i))
    expect(padding.every((value) => value === 0)).toBe(true)
    expect(found.output.subarray(used).every((value) => value === 7)).toBe(true)
    if (shape.norm === null) return

    const before = someFloats(2 * shape.headDim, 9)
    const { output: added } = await runKernel(
      backend(),
      headGainGradientKernel(shape),
      { rows: inputs.rows, contributions: found.gradient, output: before },
      ROOM,
    )
    doubles.input.set(inputs.input)
    const byGains = centralDifferences(lossOf(doubles.gains), inputs.gains)
    const expectedSums = byGains.map((value, i) => value + (before[i] as number))
    expect(relativeError(added, expectedSums)).toBeLessThan(5e-6)
  })
})

function shapeOf(
  given: Pick<RotaryDenseShape, 'headDim' | 'norm' | 'lanes'> & { readonly spare: number },
): RotaryDenseShape {
  const { headDim, norm, lanes, spare } = given
  const headWidth = Math.ceil(headDim / 4) * 4
  return { heads: 3, keyValueHeads: 2, headDim, headWidth, stride: 7 * headWidth + spare, norm, lanes }
}

function inputsOf(shape: RotaryDenseShape): Views<typeof ROTARY_DENSE_BINDINGS> {
  const angles = someFloats(5 * shape.headDim, 2).map((value, i, all) =>
    i % 2 === 0 ? Math.cos(value) : Math.sin(all[i - 1] as number),
  )
  return {
    rows: packedRows(LENGTHS),
    input: someHeads(ROOM, { ...shape, parts: 7 }, 1, 2),
    angles,
    gains: someFloats(2 * shape.headDim, 3),
    output: new Float32Array(ROOM * shape.stride).fill(7),
  }
}

/** Not zero where the output is padding: nothing of it may get into the result. */
function gradientOf(shape: RotaryDenseShape): Float32Array {
  return someFloats(ROOM * shape.stride, 4)
}

async function backward(
  backend: Backend,
  shape: RotaryDenseShape,
  { rows, input, angles, gains, output }: Views<typeof ROTARY_DENSE_BINDINGS>,
  gradient: Float32Array,
) {
  return runKernel(backend, rotaryDenseBackwardKernel(shape), { rows, input, angles, gains, gradient, output }, ROOM)
}

function isInHead({ headDim, headWidth, stride }: RotaryDenseShape, index: number): boolean {
  const column = index % stride
  return column < 7 * headWidth && column % headWidth < headDim
}

/** Straight from the definition, in float64. */
function turnedRow(
  { headDim, headWidth, stride, norm }: RotaryDenseShape,
  { rows, input, angles, gains }: Views<typeof ROTARY_DENSE_BINDINGS>,
  row: number,
): number[] {
  const half = headDim / 2
  const position = rows[4 * (1 + row) + 1] as number
  const turned = new Array<number>(stride).fill(0)
  for (let head = 0; head < 7; head++) {
    const x = [...input.subarray(row * stride + head * headWidth).subarray(0, headDim)]
    const mean = x.reduce((sum, value) => sum + value * value, 0) / headDim
    const gain = head < 3 ? 0 : headDim
    const scaled = x.map((value, d) =>
      norm === null ? value : (value * (gains[gain + d] as number)) / Math.sqrt(mean + norm.epsilon),
    )
    const values = scaled.map((value, d) => {
      const at = position * headDim + 2 * (d % half)
      const other = d < half ? -(scaled[d + half] as number) : (scaled[d - half] as number)
      return value * (angles[at] as number) + other * (angles[at + 1] as number)
    })
    ;(head < 5 ? values : x).forEach((value, d) => {
      turned[head * headWidth + d] = value
    })
  }
  return turned
}
