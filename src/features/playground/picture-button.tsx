import type { RefObject } from 'react'
import { fileStem } from '../../core/file-stem.ts'
import type { NodeId } from '../../search/events.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Popover } from '../../ui/popover.tsx'
import { saveFile } from '../../ui/save-file.ts'
import type { TruthLabel } from '../../viz/layout/node-appearance.ts'
import { readTheme } from '../../viz/marks/theme.ts'
import type { TreeCanvasHandle } from '../../viz/marks/tree-canvas.tsx'
import { treeSvg } from '../../viz/marks/tree-svg.ts'
import styles from './picture-button.module.css'

interface PictureButtonProps {
  run: RunView | null
  canvas: RefObject<TreeCanvasHandle | null>
  /** The tree is on the canvas, and not in a table. */
  drawn: boolean
  truth: ReadonlyMap<NodeId, TruthLabel> | null
}

/** Saves the tree as a picture: whole as SVG, or what the canvas shows as PNG. */
export function PictureButton({ run, canvas, drawn, truth }: PictureButtonProps) {
  const saveSvg = (run: RunView) => {
    const theme = readTheme(document.body)
    const text = treeSvg(run.tree, { theme, truth })
    saveFile(`${fileStem(run.title)}.svg`, text, 'image/svg+xml')
  }
  const savePng = async (run: RunView) => {
    const picture = await canvas.current?.toPng()
    if (picture) saveFile(`${fileStem(run.title)}.png`, picture)
  }
  return (
    <Popover
      label="Save a picture of the tree"
      trigger={<IconButton icon="picture" label="Save a picture of the tree" disabled={run === null} />}
    >
      {run === null ? null : (
        <div className={styles.choices}>
          <Button onClick={() => saveSvg(run)}>Whole tree, SVG</Button>
          <Button disabled={!drawn} onClick={() => void savePng(run)}>
            As shown, PNG
          </Button>
        </div>
      )}
    </Popover>
  )
}
