import type { Graph } from './onnx-graph.ts'
import { attribute, CONTRIB, FLOAT } from './onnx-graph.ts'

/**
 * How matrices lie in an ONNX file, by Transformers.js' names: `q8` as on the Hugging Face hub, a scale for each output and
 * inputs quantized as they come; `q4` in blocks of 32 with a scale each.
 */
export type OnnxDtype = 'fp32' | 'q8' | 'q4'

/** A matrix as checkpoints have it: outputs are its rows. */
interface Matrix {
  readonly name: string
  readonly values: Float32Array
  readonly rows: number
  readonly columns: number
}

const BLOCK = 32

/** Adds a product with a matrix to the graph. @returns the output's name */
export function addProduct(graph: Graph, dtype: OnnxDtype, input: string, matrix: Matrix, output: string): string {
  if (dtype === 'q8') return addInt8(graph, input, matrix, output)
  if (dtype === 'q4') return addInt4(graph, input, matrix, output)
  const { name, rows, columns } = matrix
  graph.floats(name, transpose(matrix), [columns, rows])
  return graph.node('MatMul', [input, name], [output])
}

function addInt8(graph: Graph, input: string, { name, values, rows, columns }: Matrix, output: string): string {
  const scales = new Float32Array(rows)
  const quantized = new Int8Array(values.length)
  for (let row = 0; row < rows; row++) {
    const line = values.subarray(row * columns, (row + 1) * columns)
    const scale = largest(line) / 127 || 1
    scales[row] = scale
    for (let column = 0; column < columns; column++)
      quantized[column * rows + row] = Math.round((line[column] as number) / scale)
  }
  const part = (text: string) => `${name}.${text}`
  graph.bytes(name, quantized, [columns, rows])
  graph.floats(part('scales'), scales, [rows])
  graph.node('DynamicQuantizeLinear', [input], [part('quantized'), part('scale'), part('zero')])
  graph.node('MatMulInteger', [part('quantized'), name, part('zero')], [part('sums')])
  graph.node('Cast', [part('sums')], [part('floats')], [attribute('to', FLOAT)])
  graph.node('Mul', [part('scale'), part('scales')], [part('both')])
  return graph.node('Mul', [part('floats'), part('both')], [output])
}

function addInt4(graph: Graph, input: string, { name, values, rows, columns }: Matrix, output: string): string {
  if (columns % BLOCK !== 0) throw new Error(`${name} has ${columns} columns, which blocks of ${BLOCK} do not divide`)
  const blocks = columns / BLOCK
  const scales = new Float32Array(rows * blocks)
  const packed = new Uint8Array(values.length / 2)
  for (let block = 0; block < scales.length; block++) {
    const part = values.subarray(block * BLOCK, (block + 1) * BLOCK)
    const scale = largest(part) / 7 || 1
    scales[block] = scale
    // A zero point of 8, where none is given; the first of two in the low half.
    const four = (index: number) => Math.round((part[index] as number) / scale) + 8
    for (let pair = 0; pair < BLOCK / 2; pair++)
      packed[block * (BLOCK / 2) + pair] = four(2 * pair) | (four(2 * pair + 1) << 4)
  }
  graph.bytes(name, packed, [rows, blocks, BLOCK / 2])
  graph.floats(`${name}.scales`, scales, [rows * blocks])
  const settings = [
    attribute('K', columns),
    attribute('N', rows),
    attribute('bits', 4),
    attribute('block_size', BLOCK),
    // Inputs in eight bits, too: the faster of the runtime's ways.
    attribute('accuracy_level', 4),
  ]
  return graph.node('MatMulNBits', [input, name, `${name}.scales`], [output], settings, CONTRIB)
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function transpose({ values, rows, columns }: Matrix): Float32Array {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] as number
  }
  return out
}
