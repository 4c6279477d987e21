import type { RefObject } from 'react'
import { useState } from 'react'
import { Button, IconButton } from '../ui/button.tsx'
import { Popover } from '../ui/popover.tsx'
import { saveFile } from '../ui/save-file.ts'
import { pngOf, svgFile } from '../viz/marks/svg-file.ts'
import styles from './picture-export.module.css'

interface PictureExportProps {
  /** Stands in the picture's file, too. */
  readonly title: string
  /** Name of the files, without an ending. */
  readonly file: string
  readonly svg: RefObject<SVGSVGElement | null>
  /** What the picture shows, as CSV. */
  csv(): string
}

/** Saves a picture as it looks now: SVG, PNG, or its numbers. */
export function PictureExport({ title, file, svg, csv }: PictureExportProps) {
  const [failed, setFailed] = useState(false)
  const picture = () => (svg.current ? svgFile(svg.current, title) : null)
  const savePng = async () => {
    const text = picture()
    const png = text === null ? null : await pngOf(text).catch(() => null)
    setFailed(png === null)
    if (png) saveFile(`${file}.png`, png)
  }
  return (
    <Popover
      label={`Save the chart of ${title}`}
      trigger={<IconButton icon="download" label={`Save the chart of ${title}`} className={styles.save} />}
    >
      <div className={styles.choices}>
        <Button
          onClick={() => {
            const text = picture()
            if (text) saveFile(`${file}.svg`, text, 'image/svg+xml')
          }}
        >
          SVG
        </Button>
        <Button onClick={() => void savePng()}>PNG</Button>
        <Button onClick={() => saveFile(`${file}.csv`, csv(), 'text/csv')}>CSV</Button>
        {failed ? (
          <p className={styles.failed} role="status">
            The browser could not draw the picture. Save it as SVG.
          </p>
        ) : null}
      </div>
    </Popover>
  )
}
