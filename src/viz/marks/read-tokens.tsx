import { useRef } from 'react'
import { inkOn, scoreColor } from '../layout/color-scale.ts'
import { formatScore } from '../layout/format-number.ts'
import { useVizTheme } from './theme.ts'
import { visibleToken } from './token-strip.tsx'
import './marks.css'

/** The tokens of a sequence as they follow each other, and the scores that are read at some of them. */
export function ReadTokens({
  tokens,
  positions,
  scores,
}: {
  readonly tokens: readonly { readonly id: number; readonly text: string }[]
  /** Indexes into `tokens`, ascending. */
  readonly positions: readonly number[]
  /** One for each position; null where they are not known. */
  readonly scores: readonly number[] | null
}) {
  const host = useRef<HTMLDivElement>(null)
  const { scheme } = useVizTheme(host)
  const order = new Map(positions.map((position, index) => [position, index]))
  return (
    // biome-ignore lint/a11y/useSemanticElements: tokens flow like text, a fieldset would break them
    <div ref={host} className="viz-read" role="group" aria-label="Tokens as the model reads them">
      {tokens.map((token, index) => {
        const read = order.get(index)
        const score = read === undefined ? undefined : scores?.[read]
        const color = score === undefined ? undefined : scoreColor(score, scheme)
        return (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the same token occurs at several places; its place is its identity
            key={index}
            className={read === undefined ? 'viz-piece' : 'viz-piece viz-scored'}
            title={`${index}: id ${token.id}`}
            style={color === undefined ? undefined : { background: color, color: inkOn(color) }}
          >
            <bdi>{visibleToken(token.text)}</bdi>
            {read === undefined ? null : (
              <small>{score === undefined ? `score ${read + 1}` : formatScore(score)}</small>
            )}
          </span>
        )
      })}
    </div>
  )
}
