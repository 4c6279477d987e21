import type { RooflineFigures } from './measure-shapes.ts'
import { measureShapes } from './measure-shapes.ts'

declare global {
  interface Window {
    measureShapes(): Promise<RooflineFigures>
  }
}

window.measureShapes = measureShapes
