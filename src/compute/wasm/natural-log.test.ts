import { expect, test } from 'vitest'
import { ModuleBuilder } from './assembler/module-builder.ts'
import { naturalLog } from './natural-log.ts'

function logarithm(): (x: number) => number {
  const builder = new ModuleBuilder({ shared: false })
  builder.function({ parameters: ['f64'], result: 'f64', exported: 'log' }, (f, [x]) => f.call(naturalLog, x))
  const memory = new WebAssembly.Memory({ initial: 1 })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  const module = new WebAssembly.Module(builder.bytes())
  const { exports } = new WebAssembly.Instance(module, { env: { memory, table } })
  return exports.log as (x: number) => number
}

test('has the bits of Math.log in V8, over all of the noise’s numbers and far beyond', () => {
  const log = logarithm()
  const numbers = [1, 2, 0.5, Math.SQRT1_2, Math.SQRT2, 1 - 2 ** -53, 1 + 2 ** -52, 1 + 2 ** -21, 2 ** -1022, 1.7e308]
  for (let i = 0; i < 2 ** 23; i += 1009) {
    const unit = (i + 0.5) / 2 ** 23
    numbers.push(unit, -Math.log(unit))
  }
  for (let i = -700; i < 700; i++) numbers.push(Math.exp(i) * (1 + (i % 17) / 31))
  expect(numbers.filter((x) => log(x) !== Math.log(x))).toEqual([])
  expect(log(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  expect(log(Number.NaN)).toBeNaN()
})
