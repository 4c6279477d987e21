import type { CSSProperties } from 'react'
import './reward-pictures.css'

interface ConfusionGridProps {
  /** Number of steps with a row of their own. */
  readonly steps: number
  /** Whether the last of them stands for all later ones, too. */
  readonly more: boolean
  /** `cells[truth][predicted]`, “none” last. */
  readonly cells: readonly (readonly number[])[]
}

/** Predicted beside true first wrong steps: right on the diagonal, early left of it, late right of it. */
export function ConfusionGrid({ steps, more, cells }: ConfusionGridProps) {
  const names = Array.from({ length: steps + 1 }, (_, index) =>
    index === steps ? 'none' : `${index + 1}${more && index === steps - 1 ? '+' : ''}`,
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <section className="viz-confusion" aria-label="Predicted beside true first wrong steps" tabIndex={0}>
      <table>
        <caption>A row for each true first wrong step, a column for each predicted one</caption>
        <thead>
          <tr>
            <th scope="col">true \ predicted</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, truth) => {
            const sum = row.reduce((total, count) => total + count, 0)
            return (
              <tr key={names[truth]}>
                <th scope="row">{names[truth]}</th>
                {row.map((count, predicted) => (
                  <td
                    key={names[predicted]}
                    data-exact={truth === predicted || undefined}
                    style={{ '--share': sum === 0 ? 0 : count / sum } as CSSProperties}
                  >
                    {count === 0 ? <span className="viz-zero">0</span> : count}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
