import { describe, expect, it } from 'vitest'
import { describeError } from './errors.ts'
import { plainText, shownText } from './outside-text.ts'

describe('text from outside', () => {
  it('stays as it is where it is harmless', () => {
    for (const text of ['', '28+6=34 : 3 5', 'Größe 家 👩‍👩‍👧', 'a\u200db'])
      expect(shownText(text)).toEqual({ text, cut: false })
  })

  it('shows what would act on its surroundings instead of letting it act', () => {
    expect(shownText('a\u202egnp.exe').text).toBe('a⟨U+202E⟩gnp.exe')
    for (const code of [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]) {
      expect(shownText(`a${String.fromCharCode(code)}b`).text).toBe(`a⟨U+${code.toString(16).toUpperCase()}⟩b`)
    }
    expect(shownText('\u001b[31mred\u0000\u007f\u0085').text).toBe('␛[31mred␀␡⟨U+0085⟩')
    expect(shownText('a\r\nb\tc\u2028d').text).toBe('a␍⏎b⇥c⏎d')
    expect(shownText('a\nb\tc\u2029d', 100, true).text).toBe('a\nb\tc\nd')
    expect(shownText('half \ud83d!').text).toBe('half \ufffd!')
  })

  it('is clipped between characters, however long it is', () => {
    expect(shownText('x'.repeat(200))).toEqual({ text: 'x'.repeat(200), cut: false })
    expect(shownText('x'.repeat(1_000_000))).toEqual({ text: `${'x'.repeat(199)}…`, cut: true })
    const family = '👩‍👩‍👧'
    for (let most = 10; most < 40; most++) {
      const { text } = shownText(family.repeat(10), most)
      expect(text.length).toBeLessThanOrEqual(most)
      expect(text).toBe(`${family.repeat((text.length - 1) / family.length)}…`)
    }
    // Marks without end above one letter are still clipped.
    expect(shownText(`a${'\u0301'.repeat(10_000)}`).text.length).toBe(200)
  })

  it('is isolated by characters where only plain text fits', () => {
    expect(plainText('abc')).toBe('abc')
    expect(plainText('שלום 1')).toBe('\u2068שלום 1\u2069')
    const sentence = `“${plainText('שלום')}” is 3 ${plainText('x')}`
    expect(shownText(sentence)).toEqual({ text: sentence, cut: false })
    expect(plainText('\u2069\u2069שלום')).toBe('\u2068⟨U+2069⟩⟨U+2069⟩שלום\u2069')
  })

  it('does not fill a message, nor rewrite a terminal', () => {
    const text = describeError({
      code: 'bad-file',
      message: 'The link cannot be read',
      found: `\u001b[2J${'9'.repeat(1_000_000)}`,
      place: { file: '\u202etxt.exe', field: 'f'.repeat(5000) },
      nextStep: 'Ask for another link.',
    })
    expect(text.length).toBeLessThan(1000)
    expect(text).toMatch(
      /^⟨U\+202E⟩txt\.exe, f+…: The link cannot be read \(found ␛\[2J9+…\)\. Ask for another link\.$/,
    )
  })
})
