import { cpus } from 'node:os'
import { makeZip } from 'client-zip'
import { hierarchy, tree } from 'd3'
import { Zip, ZipPassThrough, zipSync } from 'fflate'
import { createSHA256 } from 'hash-wasm'
import { Sha256 } from './sha256-by-hand.ts'
import { tidyTree } from './tidy-tree-by-hand.ts'
import { zipParts } from './zip-by-hand.ts'

const MEBIBYTE = 2 ** 20
const BYTES = 64 * MEBIBYTE
const PIECE = 4 * MEBIBYTE
const ROUNDS = 15
const NODES = 5000

type Candidates = Readonly<Record<string, () => unknown>>

/**
 * What was written by hand beside the libraries that do the same: a hash over 64 MiB in pieces of 4 MiB, an archive of four
 * files of 16 MiB that are stored, a tidy drawing of 5,000 nodes. Milliseconds; candidates take turns, so that a busy
 * machine slows all of them alike. What is compared gives the same results, or throws.
 */
export async function run(): Promise<Record<string, unknown>> {
  const data = new Uint8Array(BYTES).map((_, i) => Math.imul(i, 2654435761) >>> 13)
  const pieces = Array.from({ length: BYTES / PIECE }, (_, i) => data.subarray(i * PIECE, (i + 1) * PIECE))
  return {
    benchmark: 'libraries',
    processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    node: process.version,
    sha256: await race('SHA-256 of 64 MiB', await hashes(pieces)),
    zip: await race('archive of 4 × 16 MiB, stored', archives(pieces)),
    tree: await race('tidy tree of 5,000 nodes', trees(randomChildren())),
    chain: await race('tidy tree of a chain of 5,000 nodes', trees(chain())),
  }
}

async function hashes(pieces: readonly Uint8Array[]): Promise<Candidates> {
  const hasher = await createSHA256()
  const byHand = () => {
    const hash = new Sha256()
    for (const piece of pieces) hash.update(piece)
    return hash.hex()
  }
  const wasm = () => {
    hasher.init()
    for (const piece of pieces) hasher.update(piece)
    return hasher.digest('hex')
  }
  if (byHand() !== wasm()) throw new Error('the hashes differ')
  return { 'by hand': byHand, 'hash-wasm': wasm }
}

function archives(pieces: readonly Uint8Array<ArrayBuffer>[]): Candidates {
  const files = new Map(Array.from({ length: 4 }, (_, i) => [`model/${i}`, joined(pieces.slice(4 * i, 4 * (i + 1)))]))
  return {
    'by hand': () => zipParts(files),
    'client-zip': async () => {
      const parts: Uint8Array[] = []
      const reader = makeZip([...files].map(([name, input]) => ({ name, input }))).getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value)
      return parts
    },
    'fflate, streamed': () => {
      const parts: Uint8Array[] = []
      const archive = new Zip((_, part) => parts.push(part))
      for (const [name, bytes] of files) {
        const file = new ZipPassThrough(name)
        archive.add(file)
        file.push(bytes, true)
      }
      archive.end()
      return parts
    },
    'fflate, at once': () => zipSync(Object.fromEntries(files), { level: 0 }),
  }
}

function trees(children: readonly (readonly number[])[]): Candidates {
  const breadth = Float64Array.from(children, (_, node) => (node % 3 === 0 ? 13 : 20))
  const at = (node: number) => breadth[node] as number
  const byHand = () => tidyTree({ root: 0, children, breadth, siblingGap: 3, cousinGap: 8 })
  const d3 = () => {
    const centre = new Float64Array(children.length)
    const place = tree<number>()
      .nodeSize([1, 1])
      .separation((a, b) => (at(a.data) + at(b.data)) / 2 + (a.parent === b.parent ? 3 : 8))
    place(hierarchy(0, (node) => children[node])).each(({ data, x }) => {
      centre[data] = x
    })
    return centre
  }
  const [ours, theirs] = [byHand(), d3()]
  if (ours.some((x, node) => Math.abs(x - (theirs[node] as number)) > 1e-6)) throw new Error('the drawings differ')
  return { 'by hand': byHand, d3 }
}

/** A repeatable tree that grows like a search's: each node below one of the last two hundred. */
function randomChildren(): number[][] {
  const children: number[][] = Array.from({ length: NODES }, () => [])
  let state = 1
  for (let node = 1; node < NODES; node++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const back = 1 + Math.floor((state / 2 ** 32) ** 2 * Math.min(node, 200))
    children[node - back]?.push(node)
  }
  return children
}

function chain(): number[][] {
  return Array.from({ length: NODES }, (_, node) => (node + 1 < NODES ? [node + 1] : []))
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

async function race(title: string, candidates: Candidates): Promise<Record<string, unknown>> {
  const times = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const start = performance.now()
      await run()
      times.get(name)?.push(performance.now() - start)
    }
  }
  console.log(title)
  const found: Record<string, unknown> = {}
  for (const [name, all] of times) {
    const sorted = [...all].sort((a, b) => a - b)
    const [least = 0, median = 0] = [sorted[0], sorted[sorted.length >> 1]]
    found[name] = { medianMs: hundredths(median), leastMs: hundredths(least) }
    console.log(`  ${name.padEnd(20)} median ${median.toFixed(2).padStart(9)}   least ${least.toFixed(2).padStart(9)}`)
  }
  return found
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
