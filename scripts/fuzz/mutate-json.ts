import type { RandomStream } from '../../src/core/random.ts'

export interface Change<T> {
  readonly value: T
  /** For the table and the reproduction. */
  readonly how: string
}

type Path = readonly (string | number)[]

/** Stands in a value for a literal that JSON has not, or that `JSON.stringify` would not write. */
const RAW = /"@raw:([^"@]*)@"/g
const raw = (literal: string): string => `@raw:${encodeURIComponent(literal)}@`

/** A value as text, with the literals that `changeJson` put in. */
export function writeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(RAW, (_, literal: string) => decodeURIComponent(literal))
}

/** One or two fields of a JSON value changed: removed, doubled, renamed, of another type, out of range, deep, long. */
export function changeJson(value: unknown, random: RandomStream): Change<unknown> {
  const first = changeOnce(value, random)
  if (random.next() < 0.75) return first
  const second = changeOnce(first.value, random)
  return { value: second.value, how: `${first.how}; ${second.how}` }
}

function changeOnce(value: unknown, random: RandomStream): Change<unknown> {
  const path = pickPath(value, random)
  const where = path.length === 0 ? 'the whole' : path.join('.')
  const copy = structuredClone(value)
  const last = path.at(-1)
  const parent = last === undefined ? null : at(copy, path.slice(0, -1))
  if (parent === null || last === undefined) {
    const { value: next, how } = replacement(value, random)
    return { value: next, how: `${where}: ${how}` }
  }
  const roll = random.next()
  if (roll < 0.2) {
    if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else Reflect.deleteProperty(parent, last)
    return { value: copy, how: `${where}: removed` }
  }
  if (roll < 0.3 && Array.isArray(parent)) {
    parent.splice(Number(last), 0, structuredClone(parent[Number(last)]))
    return { value: copy, how: `${where}: doubled` }
  }
  if (roll < 0.35 && !Array.isArray(parent)) {
    Reflect.set(parent, `${last}x`, Reflect.get(parent, last))
    Reflect.deleteProperty(parent, last)
    return { value: copy, how: `${where}: renamed` }
  }
  if (roll < 0.4) {
    const name = random.pick(['__proto__', 'constructor', 'toString', 'x'])
    Object.defineProperty(parent, name, { value: { polluted: 1 }, enumerable: true, configurable: true })
    return { value: copy, how: `${where}: ${name} beside it` }
  }
  if (roll < 0.5) {
    const other = at(value, pickPath(value, random))
    Reflect.set(parent, last, structuredClone(other))
    return { value: copy, how: `${where}: the value of another field` }
  }
  const { value: next, how } = replacement(Reflect.get(parent, last), random)
  Reflect.set(parent, last, next)
  return { value: copy, how: `${where}: ${how}` }
}

function replacement(value: unknown, random: RandomStream): Change<unknown> {
  const { value: next, how } = random.pick(typeof value === 'number' && random.next() < 0.7 ? numbers(value) : OTHERS)()
  return { value: next, how }
}

const numbers = (value: number): (() => Change<unknown>)[] =>
  [
    raw('1e400'),
    raw('-1e400'),
    raw('NaN'),
    raw('Infinity'),
    raw('1e308'),
    raw('99999999999999999999'),
    -1,
    -value,
    0,
    1e9,
    1e9,
    2 ** 31,
    2 ** 22,
    100_000,
    2 ** 32,
    2 ** 53,
    value + 0.5,
    value + 1,
    value - 1,
    value * 1000,
    5e-324,
    String(value),
  ].map((next) => () => ({ value: next, how: `the number ${String(next)}` }))

const OTHERS: (() => Change<unknown>)[] = [
  () => ({ value: null, how: 'null' }),
  () => ({ value: true, how: 'true' }),
  () => ({ value: 7, how: '7' }),
  () => ({ value: -3.5, how: '-3.5' }),
  () => ({ value: 1e9, how: '1e9' }),
  () => ({ value: '', how: 'an empty text' }),
  () => ({ value: 'x', how: 'a text' }),
  () => ({ value: 'x'.repeat(300_000), how: 'a text of 300,000 characters' }),
  () => ({ value: '\u0000\u0007\u001b[31m\u202e\ud800', how: 'control characters' }),
  () => ({ value: '💥\n\r\t"\\', how: 'escapes' }),
  () => ({ value: [], how: 'an empty list' }),
  () => ({ value: {}, how: 'an empty object' }),
  () => ({ value: [[[1]]], how: 'lists in lists' }),
  () => ({ value: new Array(20_000).fill(0), how: '20,000 zeros' }),
  () => ({ value: raw(`${'['.repeat(5000)}${']'.repeat(5000)}`), how: 'a depth of 5,000' }),
  () => ({ value: raw(`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`), how: 'a depth of 300' }),
]

/** From the root down: shallow fields are as likely as deep ones, though there are fewer. */
function pickPath(value: unknown, random: RandomStream): Path {
  const path: (string | number)[] = []
  let inner = value
  while (typeof inner === 'object' && inner !== null) {
    const keys = Array.isArray(inner) ? [...inner.keys()] : Object.keys(inner)
    if (keys.length === 0 || random.next() < (path.length === 0 ? 0.03 : 0.12)) break
    const key = random.pick<string | number>(keys)
    path.push(key)
    inner = Reflect.get(inner, key)
  }
  return path
}

function at(value: unknown, path: Path): object {
  return path.reduce((inner, key) => Reflect.get(inner as object, key) as object, value as object)
}
