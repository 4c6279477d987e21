import { expect, test } from 'vitest'
import { splitThinking } from './thinking.ts'

test.each([
  ['no block', { thinking: '', visible: 'no block', open: false }],
  ['<think>a</think>b', { thinking: 'a', visible: 'b', open: false }],
  ['x<think>a</think>b<think>c</think>d', { thinking: 'a\nc', visible: 'x\nb\nd', open: false }],
  ['x<think>a', { thinking: 'a', visible: 'x', open: true }],
  ['a</think>b', { thinking: 'a', visible: 'b', open: false }],
  ['<think>\n\n</think>\n\n4', { thinking: '', visible: '\n\n4', open: false }],
  ['<think>', { thinking: '', visible: '', open: true }],
])('%j', (text, parts) => {
  expect(splitThinking(text)).toEqual(parts)
})

test('a block that the prompt began lasts until its end', () => {
  expect(splitThinking('a', true)).toEqual({ thinking: 'a', visible: '', open: true })
  expect(splitThinking('<think>a</think>b', true)).toEqual({ thinking: 'a', visible: 'b', open: false })
})
