import type { NodeId } from '../../search/events.ts'
import { truthInWords } from '../layout/node-appearance.ts'
import { screenBox } from './paint-nodes.ts'
import type { TreeScene } from './tree-scene.ts'

const LINE = 16
const PAD = 8

/** Step, score and state of the node under the pointer, where the node itself is too small to say them. */
export function paintTooltip(context: CanvasRenderingContext2D, scene: TreeScene, id: NodeId): void {
  const { theme, size, content, truth } = scene
  const face = content.faces[id]
  if (face === undefined) return
  const label = truth?.get(id)
  const step = `${face.main} ${face.rest}`.trim()
  const state = [face.words, label === undefined ? '' : truthInWords(label)].filter((part) => part !== '').join(', ')
  const mono = `12px ${theme.mono}`
  const bold = `600 12px ${theme.mono}`
  const sans = `11.5px ${theme.sans}`
  context.font = mono
  const most = Math.min(460, size.width - 24) - 2 * PAD
  const lines = wrapped(step, most - 70, (text) => context.measureText(text).width)
  const stepWidth = Math.max(...lines.map((line) => context.measureText(line).width))
  context.font = bold
  const scoreWidth = face.score === '' ? 0 : context.measureText(face.score).width + 14
  context.font = sans
  const width = Math.ceil(Math.max(stepWidth + scoreWidth, context.measureText(state).width)) + 2 * PAD
  const height = (lines.length + 1) * LINE + PAD + 4

  const box = screenBox(scene, id)
  const clamp = (value: number, room: number) => Math.max(4, Math.min(value, room - 4))
  const x = clamp(Math.max(box.x, 4), size.width - width)
  const above = box.y - height - 8
  const y = clamp(above < 28 ? box.y + box.height + 8 : above, size.height - height)
  context.beginPath()
  context.roundRect(x, y, width, height, 5)
  context.fillStyle = theme.surface
  context.fill()
  context.strokeStyle = theme.muted
  context.lineWidth = 1
  context.stroke()

  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  context.fillStyle = theme.text
  context.font = mono
  for (const [row, line] of lines.entries()) context.fillText(line, x + PAD, y + PAD + 10 + row * LINE)
  context.font = sans
  context.fillStyle = theme.muted
  context.fillText(state, x + PAD, y + PAD + 10 + lines.length * LINE)
  context.textAlign = 'right'
  context.font = bold
  context.fillStyle = theme.text
  context.fillText(face.score, x + width - PAD, y + PAD + 10)
}

/** A text in lines of at most a width: broken at spaces, and within words that are longer. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines = ['']
  for (const word of text.split(/(?<= )/)) {
    const line = lines.at(-1) ?? ''
    if (measure(line + word.trimEnd()) <= width) lines[lines.length - 1] = line + word
    else {
      if (line !== '') lines.push('')
      for (const character of word) {
        const last = lines.at(-1) ?? ''
        if (last !== '' && measure(last + character.trimEnd()) > width) lines.push(character)
        else lines[lines.length - 1] = last + character
      }
    }
  }
  return lines.map((line) => line.trimEnd())
}
