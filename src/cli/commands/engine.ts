import type { Backend } from '../../compute/backend.ts'
import type { ModelInfo } from '../../search/models.ts'
import type { Command } from '../command.ts'
import { drawTable } from '../draw-table.ts'
import type { CommandEngine } from '../engine.ts'
import { loadCommandEngine, MODEL_OPTIONS } from '../engine.ts'

/** What `--json` writes. */
interface EngineFacts {
  readonly backend: Backend['kind']
  readonly adapter: string
  /** A software adapter shows structure, not speed. */
  readonly software: boolean
  readonly features: readonly string[]
  readonly limits: Backend['limits']
  readonly models: readonly ModelFacts[]
}

interface ModelFacts {
  readonly role: 'policy' | 'prm'
  readonly info: ModelInfo
  /** Bytes on the device by purpose. */
  readonly bytes: Readonly<Record<string, number>>
}

export const engine: Command = {
  name: 'engine',
  usage: '[--backend auto|webgpu|wasm|cpu] [--json] [options]',
  summary: 'Shows what the models run on: adapter, features, limits, the engine’s choices, bytes by purpose.',
  options: {
    json: { type: 'boolean', description: 'Write one JSON object instead of tables.' },
    ...MODEL_OPTIONS,
  },
  run: async (options, output, signal) => {
    const loaded = await loadCommandEngine(options, output, { needsReward: true, signal })
    try {
      const facts = factsOf(loaded)
      output.out(options.flag('json') ? `${JSON.stringify(facts)}\n` : describe(facts))
    } finally {
      loaded.dispose()
    }
  },
}

function factsOf({ backend, policy, rewardParts }: CommandEngine): EngineFacts {
  const { kind, adapter, software, features, limits } = backend
  const models: ModelFacts[] = [{ role: 'policy', info: policy.info, bytes: policy.model.decoder.bytes() }]
  for (const { info, model } of rewardParts) models.push({ role: 'prm', info, bytes: model.decoder.bytes() })
  return { backend: kind, adapter, software, features: [...features].sort(), limits, models }
}

function describe({ backend, adapter, software, features, limits, models }: EngineFacts): string {
  const kind = `${backend}${backend === 'webgpu' && software ? ', software: times say nothing of a graphics card' : ''}`
  const rows: [string, string][] = [
    ['adapter', adapter],
    ['backend', kind],
    ['features', features.join(', ') || 'none'],
    ...Object.entries(limits).map(([name, value]): [string, string] => [name, whole(value)]),
  ]
  return [
    lines(rows),
    ...models.map(({ role, info, bytes }) => {
      const choices = Object.entries({ weights: info.weights ?? 'not told', ...info.choices })
      const total = Object.values(bytes).reduce((sum, part) => sum + part, 0)
      const byPurpose = drawTable(
        ['bytes', role],
        [...Object.entries(bytes), ['in all', total] as const].map(([name, value]) => [name, whole(value)]),
      )
      const about = `${info.family}, ${whole(info.parameters)} parameters, weights hash ${info.hash}`
      return `${lines([[role, info.id], ['', about], ...choices])}\n${byPurpose}`
    }),
  ].join('\n')
}

function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}

const whole = (value: number): string => (Number.isFinite(value) ? value.toLocaleString('en-US') : 'no limit')
