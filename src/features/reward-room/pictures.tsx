import type { ReactNode } from 'react'
import type { PictureId } from '../../state/traces/traces-state.ts'
import { HeatmapPicture } from './heatmap-picture.tsx'
import { TracePicture } from './trace-picture.tsx'
import type { Room } from './use-room.ts'

/** A picture of the room: a tab, and what it shows. */
export interface Picture {
  readonly name: string
  readonly Content: (props: { readonly room: Room }) => ReactNode
}

/** The pictures that there are, in the order of `PICTURES`. */
export const ROOM_PICTURES: Partial<Record<PictureId, Picture>> = {
  heatmap: { name: 'Heatmap', Content: HeatmapPicture },
  trace: { name: 'Trace', Content: TracePicture },
}
