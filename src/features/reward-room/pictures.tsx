import type { ReactNode } from 'react'
import type { PictureId } from '../../state/traces/traces-state.ts'
import { CalibrationPicture } from './calibration-picture.tsx'
import { DisagreementsPicture } from './disagreements-picture.tsx'
import { HeatmapPicture } from './heatmap-picture.tsx'
import { SearchPicture } from './search-picture.tsx'
import { ShapePicture } from './shape-picture.tsx'
import { ThresholdPicture } from './threshold-picture.tsx'
import { TracePicture } from './trace-picture.tsx'
import { TrainingPicture } from './training-picture.tsx'
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
  threshold: { name: 'Threshold', Content: ThresholdPicture },
  calibration: { name: 'Calibration', Content: CalibrationPicture },
  disagreements: { name: 'Disagreements', Content: DisagreementsPicture },
  shape: { name: 'Shape', Content: ShapePicture },
  search: { name: 'Search', Content: SearchPicture },
  training: { name: 'Training', Content: TrainingPicture },
}
