import { list, section, text, unsigned } from './encoding.ts'
import type { Helper, Locals } from './function-builder.ts'
import { FunctionBuilder, localsOf } from './function-builder.ts'
import type { Value, ValueType } from './values.ts'
import { TYPE_BYTES } from './values.ts'

const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
/** Pages of 64 KiB that a 32-bit memory can have. */
export const MOST_PAGES = 65536

export interface Signature<P extends readonly ValueType[] = readonly ValueType[]> {
  readonly parameters: P
  readonly result: ValueType | null
}

export interface ModuleImports {
  /** Whether the memory `env.memory` is shared among threads. */
  readonly shared: boolean
  /** Functions of `env`, numbered from 0 in this order. */
  readonly functions?: readonly (Signature & { readonly name: string })[]
}

/** Writes a module on an imported memory and an imported table (`env.memory`, `env.table`). */
export class ModuleBuilder {
  private readonly imports: ModuleImports
  private readonly types: string[] = []
  private readonly typeBytes: number[][] = []
  private readonly functions: { readonly type: number; code: number[] }[] = []
  private readonly exports: number[][] = []
  private readonly helpers = new Map<string, number>()
  private readonly waiting: (() => void)[] = []

  constructor(imports: ModuleImports) {
    this.imports = imports
  }

  /** @returns the function's index */
  function<const P extends readonly ValueType[]>(
    { parameters, result, exported }: Signature<P> & { readonly exported?: string },
    emit: (f: FunctionBuilder, parameters: Locals<P>) => Value<ValueType> | null,
  ): number {
    const index = this.reserve({ parameters, result })
    if (exported !== undefined) this.exports.push([...text(exported), 0, ...unsigned(index)])
    this.emit(index, parameters, emit)
    for (let next = this.waiting.pop(); next !== undefined; next = this.waiting.pop()) next()
    return index
  }

  typeIndex({ parameters, result }: Signature): number {
    const key = `${parameters.join()}→${result}`
    const known = this.types.indexOf(key)
    if (known >= 0) return known
    const results = result === null ? [] : [[TYPE_BYTES[result]]]
    this.typeBytes.push([0x60, ...list(parameters.map((type) => [TYPE_BYTES[type]])), ...list(results)])
    return this.types.push(key) - 1
  }

  /** @param inTable functions by index that go to the table, from place `tableBase` on */
  bytes(inTable: readonly number[] = [], tableBase = 0): Uint8Array<ArrayBuffer> {
    const imported = this.imports.functions ?? []
    const memory = this.imports.shared ? [3, 0, ...unsigned(MOST_PAGES)] : [0, 0]
    const importEntries = [
      ...imported.map((signature) => [
        ...text('env'),
        ...text(signature.name),
        0,
        ...unsigned(this.typeIndex(signature)),
      ]),
      [...text('env'), ...text('memory'), 2, ...memory],
      [...text('env'), ...text('table'), 1, 0x70, 0, 0],
    ]
    const elements = [0, 0x41, ...signedIndex(tableBase), 0x0b, ...list(inTable.map(unsigned))]
    const parts = [
      section(2, list(importEntries)),
      section(3, list(this.functions.map(({ type }) => unsigned(type)))),
      section(7, list(this.exports)),
      section(9, inTable.length === 0 ? list([]) : list([elements])),
      section(10, list(this.functions.map(({ code }) => code))),
    ]
    return Uint8Array.from(MAGIC.concat(section(1, list(this.typeBytes)), ...parts))
  }

  private reserve(signature: Signature): number {
    const type = this.typeIndex(signature)
    return (this.imports.functions?.length ?? 0) + this.functions.push({ type, code: [] }) - 1
  }

  private emit<P extends readonly ValueType[]>(
    index: number,
    parameters: P,
    emit: (f: FunctionBuilder, parameters: Locals<P>) => Value<ValueType> | null,
  ): void {
    const f = new FunctionBuilder(parameters.length, (helper) => this.helper(helper))
    const code = f.finish(emit(f, localsOf(parameters)))
    const place = this.functions[index - (this.imports.functions?.length ?? 0)]
    if (place !== undefined) place.code = code
  }

  private helper(helper: Helper): number {
    const { name, parameters } = helper
    const known = this.helpers.get(name)
    if (known !== undefined) return known
    const index = this.reserve(helper)
    this.helpers.set(name, index)
    this.waiting.push(() => this.emit(index, parameters, (f, values) => helper.emit(f, values)))
    return index
  }
}

function signedIndex(value: number): number[] {
  const bytes = unsigned(value)
  // A last byte with bit 6 would be read as a negative number.
  const last = bytes.pop() as number
  return last & 64 ? [...bytes, last | 128, 0] : [...bytes, last]
}
