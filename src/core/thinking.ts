/** A response in two parts: what a reasoning model thinks, and what it answers. */
export interface SplitResponse {
  /** What stands in think blocks, joined by line ends; '' where there is none. */
  readonly thinking: string
  /** What stands outside of them. */
  readonly visible: string
  /** Whether the last think block has not ended: the model is still thinking. */
  readonly open: boolean
}

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Splits a response at `<think>` and `</think>`. A block that has not ended reaches to the end of the text. A `</think>`
 * without a beginning ends a block that the prompt began, as the chat templates of some models do: all before it is thinking.
 * @param begun whether the prompt's last words began a block, so that a text without any mark is still thinking
 */
export function splitThinking(text: string, begun = false): SplitResponse {
  const close = text.indexOf(CLOSE)
  const open = text.indexOf(OPEN)
  const inside = begun || (close >= 0 && (open < 0 || close < open))
  const thinking: string[] = []
  const visible: string[] = []
  let thinks = inside
  let from = 0
  while (from <= text.length) {
    const mark = thinks ? CLOSE : OPEN
    const at = text.indexOf(mark, from)
    const part = text.slice(from, at < 0 ? text.length : at)
    // A second `<think>` in front of the end says nothing new: the prompt began the block, and so did the model.
    if (thinks) thinking.push(part.replaceAll(OPEN, ''))
    else visible.push(part.replaceAll(CLOSE, ''))
    if (at < 0) break
    from = at + mark.length
    thinks = !thinks
  }
  const said = (parts: readonly string[]) => parts.filter((part) => part.trim() !== '').join('\n')
  return { thinking: said(thinking), visible: said(visible), open: thinks }
}
