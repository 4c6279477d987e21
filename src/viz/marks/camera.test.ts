import { describe, expect, it } from 'vitest'
import { Camera } from './camera.ts'

const size = { width: 800, height: 600 }
const start = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
const end = { scaleX: 0.5, scaleY: 2, offsetX: -300, offsetY: 900 }

describe('a glide of the view', () => {
  it('comes nearer with every frame and ends exactly there', () => {
    const camera = new Camera()
    camera.glide(end, 0)
    expect(camera.destination).toBe(end)
    expect(camera.view).toEqual(start)
    let scale = 1
    for (let now = 16; now <= 160; now += 16) {
      expect(camera.advance(now, size)).toBe(true)
      expect(camera.view.scaleX).toBeLessThan(scale)
      scale = camera.view.scaleX
    }
    expect(camera.advance(5000, size)).toBe(false)
    expect(camera.view).toBe(end)
    expect(camera.advance(5016, size)).toBe(false)
  })

  it('keeps up with a place that moves on with every frame', () => {
    const camera = new Camera()
    for (let frame = 1; frame <= 60; frame++) {
      camera.glide({ ...start, offsetX: -10 * frame }, frame * 16 + 5)
      camera.advance(frame * 16, size)
    }
    // What it moves per time constant of 85 ms.
    expect(Math.abs(camera.view.offsetX + 600)).toBeLessThan(75)
  })
})
