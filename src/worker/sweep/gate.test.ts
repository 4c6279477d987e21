import { describe, expect, it } from 'vitest'
import { randomModels } from '../../search/testing/random-models.ts'
import { Gate, gatedPolicy } from './gate.ts'

const gateAt = (now: () => number = () => 0) => new Gate(now)
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a gate', () => {
  it('opens when every reason to hold is gone', async () => {
    const gate = gateAt()
    const { signal } = new AbortController()
    gate.hold('person')
    gate.hold('search')
    let passed = 0
    const passing = [gate.pass(signal), gate.pass(signal)].map((one) => one.then(() => passed++))
    gate.free('search')
    await settle()
    expect(passed).toBe(0)
    gate.free('person')
    await Promise.all(passing)
    expect(passed).toBe(2)
    await gate.pass(signal)
  })

  it('lets those who are cancelled go, each for its own reason', async () => {
    const gate = gateAt()
    const controller = new AbortController()
    gate.hold('person')
    const passing = gate.pass(controller.signal)
    controller.abort(new Error('enough'))
    await expect(passing).rejects.toThrow('enough')
    await expect(gate.pass(controller.signal)).rejects.toThrow('enough')
  })

  it('has a clock that stands while it is closed', () => {
    let now = 10
    const gate = gateAt(() => now)
    gate.hold('person')
    now = 15
    gate.hold('search')
    expect(gate.time()).toBe(10)
    gate.free('person')
    now = 20
    expect(gate.time()).toBe(10)
    gate.free('search')
    gate.free('search')
    now = 23
    expect(gate.time()).toBe(13)
  })

  it('holds a policy back before it begins a problem or a step, and nothing else', async () => {
    const { policy } = randomModels(1)
    const gate = gateAt()
    const { signal } = new AbortController()
    const gated = gatedPolicy(policy, gate, signal)
    const { branch } = await gated.open('Q?\n')
    gate.hold('person')
    const request = {
      branch,
      count: 2,
      temperature: 1,
      topP: 1,
      topK: 0,
      seed: 1,
      node: 0,
      firstSample: 0,
      maxTokens: 9,
    }
    let drawn = 0
    const proposing = gated.propose([request]).then((proposals) => {
      drawn = proposals.length
      return proposals
    })
    await settle()
    expect(drawn).toBe(0)
    // What is held can be given back meanwhile.
    gated.release(gated.fork(branch))
    gate.free('person')
    for (const proposal of await proposing) gated.release(proposal.branch)
    expect(drawn).toBe(2)
    gated.release(branch)
    expect(policy.live).toBe(0)
  })
})
