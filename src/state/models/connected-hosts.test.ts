import { expect, it } from 'vitest'
import { connectedHosts } from './connected-hosts.ts'

const memory = (text: string | null = null) => {
  const kept = { text }
  const setItem = (_key: string, value: string) => {
    kept.text = value
  }
  return { getItem: () => kept.text, setItem }
}

it('keeps the server of an address that was typed, once, and over visits', () => {
  const storage = memory()
  const hosts = connectedHosts(storage)
  expect(hosts.connect('https://models.example.org:8443/a/b/config.json')).toBe('https://models.example.org:8443')
  expect(hosts.connect('  HTTPS://models.example.org:8443/c ')).toBeNull()
  expect(hosts.connect('owner/name')).toBeNull()
  expect(hosts.connect('https://huggingface.co/owner/name')).toBeNull()
  expect(hosts.connect('https://')).toBeNull()
  expect(connectedHosts(storage).list()).toEqual(['https://models.example.org:8443'])
})

it('does without storage, and with one that holds something else', () => {
  for (const text of [
    '{',
    '{"a":1}',
    '[1, "https://a.example/path", "javascript:alert(1)", "https://a.example; script-src *"]',
  ]) {
    expect(connectedHosts(memory(text)).list()).toEqual([])
  }
  const hosts = connectedHosts(null)
  for (let at = 0; at < 20; at++) hosts.connect(`https://host-${at}.example/`)
  expect(hosts.list()).toHaveLength(8)
  expect(hosts.list().at(-1)).toBe('https://host-19.example')
})
