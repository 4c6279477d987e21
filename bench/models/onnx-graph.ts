import { open } from 'node:fs/promises'
import type { Field, Message } from './protobuf.ts'
import { bytes, float, integer, message, text } from './protobuf.ts'

/** Types of elements. Field and type numbers: onnx.proto3 of ONNX 1.16. */
export const FLOAT = 1
const UINT8 = 2
const INT8 = 3
export const INT32 = 6
export const INT64 = 7
const IR_VERSION = 8
const OPSET = 17
/** Where onnxruntime's own operators are. */
export const CONTRIB = 'com.microsoft'

type Dim = number | string

/** An ONNX graph on its way to a file. */
export class Graph {
  private readonly nodes: Field[] = []
  private readonly initializers: Field[] = []
  private readonly inputs: Field[] = []
  private readonly outputs: Field[] = []

  input(name: string, type: number, dims: readonly Dim[]): void {
    this.inputs.push(message(11, valueInfo(name, type, dims)))
  }

  output(name: string, type: number, dims: readonly Dim[]): void {
    this.outputs.push(message(12, valueInfo(name, type, dims)))
  }

  floats(name: string, values: Float32Array, dims: readonly number[]): void {
    this.tensor(name, FLOAT, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), dims)
  }

  integers(name: string, values: readonly bigint[], dims: readonly number[]): void {
    this.tensor(name, INT64, new Uint8Array(BigInt64Array.from(values).buffer), dims)
  }

  bytes(name: string, values: Int8Array | Uint8Array, dims: readonly number[]): void {
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.tensor(name, values instanceof Int8Array ? INT8 : UINT8, data, dims)
  }

  /** @returns the first output's name */
  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly [string, ...string[]],
    attributes: readonly Field[] = [],
    domain = '',
  ): string {
    const fields = [...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name))]
    fields.push(text(3, outputs[0]), text(4, type), ...attributes)
    if (domain !== '') fields.push(text(7, domain))
    this.nodes.push(message(1, fields))
    return outputs[0]
  }

  async write(path: string): Promise<void> {
    const graph: Message = [...this.nodes, text(2, 'llama'), ...this.initializers, ...this.inputs, ...this.outputs]
    const opset = (domain: string, version: number) => message(8, [text(1, domain), integer(2, version)])
    const model = [integer(1, IR_VERSION), message(7, graph), opset('', OPSET), opset(CONTRIB, 1)]
    const file = await open(path, 'w')
    try {
      for (const part of model.flat()) await file.writeFile(part)
    } finally {
      await file.close()
    }
  }

  private tensor(name: string, type: number, data: Uint8Array, dims: readonly number[]): void {
    const shape = dims.map((dim) => integer(1, dim))
    this.initializers.push(message(5, [...shape, integer(2, type), text(8, name), bytes(9, data)]))
  }
}

/** A whole number, or a float. */
export function attribute(name: string, value: number, isFloat = false): Field {
  const content = isFloat ? [float(2, value), integer(20, 1)] : [integer(3, value), integer(20, 2)]
  return message(5, [text(1, name), ...content])
}

export function permutation(...axes: readonly number[]): Field {
  return message(5, [text(1, 'perm'), ...axes.map((axis) => integer(8, axis)), integer(20, 7)])
}

function valueInfo(name: string, type: number, dims: readonly Dim[]): Message {
  const shape = dims.map((dim) => message(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]))
  return [text(1, name), message(2, [message(1, [integer(1, type), message(2, shape)])])]
}
