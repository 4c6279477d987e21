import { useMemo } from 'react'
import type { PictureAxis, PictureLine } from '../layout/scaling-layout.ts'
import { domainOf } from '../layout/scaling-layout.ts'
import { LineLegend } from './line-legend.tsx'
import { ScalingPicture } from './scaling-picture.tsx'

export interface ScalingPanel {
  readonly id: string
  readonly title: string
  /** Beside the title, as the number of problems. */
  readonly note: string
  readonly lines: readonly PictureLine[]
}

export interface ScalingMultiplesProps {
  readonly title: string
  readonly panels: readonly ScalingPanel[]
  readonly axis: PictureAxis
  readonly selected?: readonly string[]
  readonly onSelect?: (panel: string, id: string, extend: boolean) => void
  readonly stale?: boolean
}

/** Small pictures side by side on the same axes, such as one a difficulty, with one legend. */
export function ScalingMultiples({ title, panels, axis, selected, onSelect, stale }: ScalingMultiplesProps) {
  const domain = useMemo(
    () =>
      domainOf(
        panels.flatMap(({ lines }) => lines),
        axis,
      ),
    [panels, axis],
  )
  const named = [...new Map(panels.flatMap(({ lines }) => lines.map((line) => [line.id, line] as const))).values()]
  return (
    <section aria-label={title}>
      <LineLegend lines={named} label="Lines" letters />
      <div className="viz-multiples">
        {panels.map((panel) => (
          <div key={panel.id}>
            <h4>
              {panel.title} <small>{panel.note}</small>
            </h4>
            <ScalingPicture
              title={`${title}, ${panel.title}`}
              lines={panel.lines}
              axis={axis}
              domain={domain}
              small
              {...(selected ? { selected } : {})}
              {...(onSelect ? { onSelect: (id, extend) => onSelect(panel.id, id, extend) } : {})}
              {...(stale ? { stale } : {})}
            />
          </div>
        ))}
      </div>
    </section>
  )
}
