import { expect, it } from 'vitest'
import { bareStep, endedStep, splitSteps } from './step-text.ts'

it('a step in a file has no step end', () => {
  expect(['a\n', 'b', '\n', ''].map((step) => bareStep(step))).toEqual(['a', 'b', '', ''])
  expect(bareStep('a ки', [' ки'])).toBe('a')
  // The longest of a model's ends.
  expect(['a\n\n', 'a\n', 'a'].map((step) => bareStep(step, ['\n', '\n\n']))).toEqual(['a', 'a', 'a'])
})

it('a model reads a step with its own step end, whoever wrote it and with which', () => {
  for (const step of ['a', 'a\n', 'a\n\n', 'a\n\n\n']) {
    expect(endedStep(step)).toBe('a\n')
    expect(endedStep(step, ['\n\n'])).toBe('a\n\n')
  }
  expect(endedStep('')).toBe('\n')
  expect(endedStep('a\nb', ['\n\n'])).toBe('a\nb\n\n')
  expect([endedStep('a', [' ки']), endedStep('a ки', [' ки'])]).toEqual(['a ки', 'a ки'])
})

it('a step keeps the end that it came with, where it is one of the model’s', () => {
  const both = ['\n\n', '\n']
  expect(['a\n\n', 'a\n', 'a', 'a\n\n\n'].map((step) => endedStep(step, both))).toEqual([
    'a\n\n',
    'a\n',
    'a\n\n',
    'a\n\n',
  ])
  expect(['a\n\n', 'a\n', 'a'].map((step) => endedStep(step, ['\n', '\n\n']))).toEqual(['a\n\n', 'a\n', 'a\n'])
  expect(['a ки', 'a\n', 'a'].map((step) => endedStep(step, ['\n', ' ки']))).toEqual(['a ки', 'a\n', 'a\n'])
  expect(['a ки', 'a\n\n', 'a'].map((step) => endedStep(step, [' ки', '\n']))).toEqual(['a ки', 'a\n', 'a ки'])
})

it('a text is cut behind each step end, the longest where several begin', () => {
  expect(splitSteps('a\nb\n\nc')).toEqual(['a\n', 'b\n', '\n', 'c'])
  expect(splitSteps('a\nb\n\nc\n', ['\n', '\n\n'])).toEqual(['a\n', 'b\n\n', 'c\n'])
  expect(splitSteps('a\nb\n\nc', ['\n\n'])).toEqual(['a\nb\n\n', 'c'])
  expect([splitSteps(''), splitSteps('a;b', [' ки', ';'])]).toEqual([[], ['a;', 'b']])
})
