import { expect, it } from 'vitest'
import { readRemoteSource } from './model-source.ts'

it.each([
  ['owner/name', { kind: 'hub', repo: 'owner/name', revision: 'main' }],
  ['https://huggingface.co/owner/name/tree/a%2Fb', { kind: 'hub', repo: 'owner/name', revision: 'a/b' }],
  ['https://example.org/models/one/config.json', { kind: 'url', url: 'https://example.org/models/one/' }],
])('reads %s', (typed, source) => {
  expect(readRemoteSource(typed, '')).toEqual(source)
})

it.each([
  ['https://huggingface.co/a/b/tree/%E0%A4%A', 'The revision in this address cannot be read'],
  ['https://huggingface.co/a/b/tree/%E0%A4', 'The revision in this address cannot be read'],
  ['https://[', 'This is not an address'],
  ['https://huggingface.co/%E0%A4%A/b', 'This is neither a model id nor an address'],
  ['a/../b', 'This is neither a model id nor an address'],
  ['', 'This is neither a model id nor an address'],
])('refuses %s in words', (typed, message) => {
  expect(() => readRemoteSource(typed, '')).toThrow(message)
})
