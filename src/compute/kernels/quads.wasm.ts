import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { f32, i32 } from '../wasm/assembler/scalars.ts'
import type { Local, Value } from '../wasm/assembler/values.ts'
import { f32x4 } from '../wasm/assembler/vectors.ts'

/** Sums that go on side by side, so that an addition need not wait for the one before. */
const SUMS = 4

/** Does the units of a kernel over flat buffers, each of them a quad: `body` gets the bytes from the start of a buffer to it. */
export function eachFlatQuad(
  { f, first, end }: { readonly f: FunctionBuilder; readonly first: Local<'i32'>; readonly end: Local<'i32'> },
  body: (bytes: Local<'i32'>) => void,
): void {
  f.for(i32.shl(first, 4), i32.shl(end, 4), body, 16)
}

/** `body` for each of `quads` quads; it gets the bytes from the first one. */
export function eachQuad(f: FunctionBuilder, quads: number, body: (bytes: Local<'i32'>) => void): void {
  f.for(0, 16 * quads, body, 16)
}

/** The lanes' sum. */
export function laneSum(sum: Local<'v128'>): Value<'f32'> {
  const lane = (number: number) => f32x4.extract(sum, number)
  return f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)))
}

/**
 * Sums of `terms` over `quads` quads, all in one round over them. Four partial sums of each take turns: the order of the additions depends on
 * `quads` alone.
 * @param add gives `sum` and `term` added up; products are handed to it apart, so that the backend's arithmetic holds for them
 */
export function quadSums(
  f: FunctionBuilder,
  quads: number,
  terms: readonly ((sum: Local<'v128'>, bytes: Local<'i32'>, offset: number) => Value<'v128'>)[],
): Local<'f32'>[] {
  const side = Math.max(1, Math.min(SUMS, quads))
  const whole = quads - (quads % side)
  const sums = terms.map(() => Array.from({ length: side }, () => f.local('v128', f32x4.const(0))))
  const round = (bytes: Local<'i32'>, count: number) => {
    for (let turn = 0; turn < count; turn++) {
      terms.forEach((term, index) => {
        const sum = sums[index]?.[turn] as Local<'v128'>
        f.set(sum, term(sum, bytes, 16 * turn))
      })
    }
  }
  const bytes = f.local('i32', 0)
  f.while(i32.ltU(bytes, 16 * whole), () => {
    round(bytes, side)
    f.increase(bytes, 16 * side)
  })
  round(bytes, quads - whole)
  return sums.map((parts) => {
    const [first, ...others] = parts as [Local<'v128'>, ...Local<'v128'>[]]
    for (const other of others) f.set(first, f32x4.add(first, other))
    return f.local('f32', laneSum(first))
  })
}
