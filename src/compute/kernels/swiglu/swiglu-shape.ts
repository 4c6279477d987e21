/** Rows of gates and values as the gated product's columns come: four gates, four values, four gates, … */
export interface SwigluShape {
  /** Gates and values of one row together, a multiple of 8; also floats from one row to the next. */
  readonly columns: number
  readonly lanes: number
}
