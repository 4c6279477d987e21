import { isMathsWord } from './read-expression.ts'

/** Characters of plain text that say what a command says. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/[\u2212\u2013\u2014\ufe63\uff0d]/g, '-'],
  [/[×·⋅∗]/g, '*'],
  [/÷/g, '/'],
  [/π/g, '\\pi '],
  [/∞/g, '\\infty '],
  [/∪/g, '\\cup '],
  [/≤/g, '\\le '],
  [/≥/g, '\\ge '],
  [/±/g, '\\pm '],
  [/∈/g, '\\in '],
  [/√\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/√\s*(\d+|[a-zA-Z])/g, '\\sqrt{$1}'],
  [/²/g, '^2'],
  [/³/g, '^3'],
  [/(\d)\s*½/g, '$1 1/2'],
  [/(\d)\s*¼/g, '$1 1/4'],
  [/(\d)\s*¾/g, '$1 3/4'],
  [/½/g, '1/2'],
  [/¼/g, '1/4'],
  [/¾/g, '3/4'],
  [/⅓/g, '1/3'],
  [/⅔/g, '2/3'],
  [/[\u00a0\u2009\u202f]/g, ' '],
]

/** Commands that only say how something looks. */
const LOOKS =
  /\\(?:displaystyle|textstyle|left|right|[bB]igg?[lrm]?|mathstrut|limits|bf|it|rm)(?![a-zA-Z])|\\[!;:>]|\\q?quad(?![a-zA-Z])/g

const CURRENCY = /\\\$|\$|[€£¥₹]|\b(?:USD|EUR|GBP|US)(?=\s*\\?\$?\s*\d)|\bRs\.?(?=\s*\d)/g
const DEGREES = /\^\s*\{?\s*(?:\\circ(?![a-zA-Z])|°)\s*\}?|°|\\(?:circ|degree|degrees)(?![a-zA-Z])/g
const TEXT = /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}/g
const SCALES: ReadonlySet<string> = new Set(['hundred', 'thousand', 'million', 'billion', 'trillion'])
const UNIT_LETTERS = 'mgshLlJNWVAKCFM'

/** A mark for a text command, kept until it is known whether it is a unit. */
const MARK = '\u0001'

export interface CleanAnswer {
  /** Without dollar signs, currency, degrees, percent signs, units and commands that only say how something looks. */
  readonly text: string
  /** Whether a percent sign was cut. */
  readonly percent: boolean
  /** The words of an answer that is text, `\text{Yes}`; null for others. */
  readonly words: string | null
}

/** Cuts what does not change an answer. */
export function cleanAnswer(raw: string): CleanAnswer {
  let text = SIGNS.reduce((cleaned, [pattern, sign]) => cleaned.replace(pattern, sign), raw)
  text = withoutFrame(text)
    .replace(LOOKS, '')
    .replace(/\\[dtc]frac(?![a-zA-Z])/g, '\\frac')
    .replace(/\{,\}/g, ',')
    .replace(/(\d)(?:\\,|\\ |~)(?=\d{3}(?!\d))/g, '$1')
    .replace(/(?<!\\)\\[, /]|~/g, ' ')
    .replace(CURRENCY, '')
    .replace(DEGREES, '')
  const percent = /\\?%|\bper\s?cent\b/.test(text)
  text = text.replace(/\\?%|\bper\s?cent\b/g, '')
  const alone = /^[\s(]*\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox)\s*\{([^{}]*)\}[\s).]*$/.exec(text)
  if (alone !== null) {
    const inside = alone[1] ?? ''
    // Numbers are written so, too: `\text{72}`, `\mathbf{5}`, `\text{10 dollars}`.
    if (!/\d/.test(inside)) return { text: inside.trim(), percent, words: bareWords(inside) }
    text = inside
  }
  text = text
    .replace(TEXT, (_, inside: string) => textPart(inside))
    .replace(new RegExp(`${MARK}(\\s*\\^\\s*(\\{\\s*-?\\d\\s*\\}|-?\\d))?`, 'g'), ' ')
  text = withoutUnits(withoutThousands(text)).replace(/\s+/g, ' ').trim()
  return { text: text.replace(/[.,;:?]+$/, '').trim(), percent, words: null }
}

/** What a text command inside of an answer says: nothing where it is a unit. */
function textPart(inside: string): string {
  const words = inside.trim().replace(/^~|~$/g, '')
  if (/^(and|or)$/i.test(words)) return ','
  return /^[\d.,/()-]+$/.test(words) ? words : MARK
}

/** Without dollar signs, `\(…\)`, `\[…\]`, asterisks and quotes around the whole. */
function withoutFrame(text: string): string {
  let inner = text.trim()
  for (let round = 0; round < 4; round++) {
    const bare = inner
      .replace(/^\\\(([\s\S]*)\\\)[.,]?$/, '$1')
      .replace(/^\\\[([\s\S]*)\\\][.,]?$/, '$1')
      .replace(/^\$\$?([^$]*)\$\$?[.,]?$/, '$1')
      .replace(/^(\*\*|__|`|“|"|'|‘)([\s\S]*?)(\*\*|__|`|”|"|'|’)[.,]?$/, '$2')
      .trim()
    if (bare === inner) break
    inner = bare
  }
  return inner
}

/** `1,234,567` without its commas; a list such as `1,2` or `1, 234` keeps them. */
function withoutThousands(text: string): string {
  return text.replace(/(?<![\d.,([{])(\d{1,3})((?:,\d{3})+)(?![\d,])/g, (_, first: string, rest: string) => {
    return first + rest.replaceAll(',', '')
  })
}

/** Words behind a number are its unit: `18 dollars`, `72 km/h`, `5 cm^2`. */
function withoutUnits(text: string): string {
  const found = UNITS.exec(text)
  if (found === null) return scaled(text)
  const [, number = '', apart = '', joined = ''] = found
  const words = (apart + joined).toLowerCase().match(/[a-z]+/g) ?? []
  if (words.some((word) => isMathsWord(word) || SCALES.has(word) || word === 'and' || word === 'or'))
    return scaled(text)
  return number
}

const NUMBER =
  '[-+]?\\s*(?:\\d+\\s+\\d+\\s*/\\s*\\d+|\\d*\\.?\\d+(?:\\s*/\\s*\\d+)?|\\d+\\.|\\d*\\s*\\\\frac\\s*(?:\\{[^{}]*\\}|\\d)\\s*(?:\\{[^{}]*\\}|\\d))'
const SHORT_UNITS = 'cm|mm|km|dm|nm|kg|mg|ml|mL|ft|in|lbs?|oz|hrs?|mins?|secs?|mi|yd|mph|kph|Hz|kW|GB|MB|KB|am|pm'
const EXPONENT = '(?:\\^\\{?-?\\d\\}?)?'
const MORE_WORDS = `(?:[\\s/*-]+[a-zA-Z]+\\.?${EXPONENT})*`
/** Words stand apart from the number, or are long or well known; `2ab` is a product. */
const UNITS = new RegExp(
  `^(${NUMBER})(?:(?:\\s+|-)([a-zA-Z]{2,}\\.?${EXPONENT}${MORE_WORDS})|((?:[a-zA-Z]{4,}|${SHORT_UNITS})(?![a-zA-Z])\\.?${EXPONENT}${MORE_WORDS})|\\s+([${UNIT_LETTERS}]${EXPONENT}(?:/[a-zA-Z]+${EXPONENT})?))\\.?$`,
)

/** `2 million` as a product. */
function scaled(text: string): string {
  const found = new RegExp(`^(${NUMBER})\\s*(hundred|thousand|million|billion|trillion)(?:\\s+[a-zA-Z]+)*$`, 'i').exec(
    text,
  )
  const zeros = { hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12 }[(found?.[2] ?? '').toLowerCase()]
  return found === null || zeros === undefined ? text : `${found[1]}*1${'0'.repeat(zeros)}`
}

/** Words as they are compared and shown: without brackets around them, spaces folded, no full stop. */
export function bareWords(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.,;:!?]+$/, '')
    .replace(/^\((.*)\)$/, '$1')
    .trim()
}
