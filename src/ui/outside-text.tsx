import { LINE_CHARACTERS, shownText } from '../core/outside-text.ts'
import { classNames } from './class-names.ts'
import styles from './outside-text.module.css'
import { Popover } from './popover.tsx'

interface OutsideTextProps {
  text: string
  /** Characters that are shown at first; the rest is shown when it is asked for. */
  most?: number
  /** Line ends are kept. */
  lines?: boolean
  /** One line, cut with an ellipsis where the room ends; pointing at it shows more. */
  clip?: boolean
  /** It stands in a button or link, which can hold no button of its own: pointing at it shows more. */
  bare?: boolean
  className?: string | undefined
}

/** A tooltip of the browser's own; more would not fit a screen. */
const TOOLTIP_CHARACTERS = 2000

/**
 * Text from outside the application: of a file, a link, a folder, a server or a model. It has its own writing direction, acts
 * on nothing around it, takes no more room than it is given, and is shown whole when it is asked for.
 */
export function OutsideText({ text, most = LINE_CHARACTERS, lines = false, clip, bare, className }: OutsideTextProps) {
  const shown = shownText(text, most, lines)
  const whole = clip || (bare && shown.cut) ? shownText(text, TOOLTIP_CHARACTERS, true).text : undefined
  return (
    <>
      <bdi
        dir="auto"
        className={classNames(styles.text, lines && styles.lines, clip && styles.clip, className)}
        title={whole}
      >
        {shown.text}
      </bdi>
      {shown.cut && !bare ? <Whole text={text} /> : null}
    </>
  )
}

function Whole({ text }: { text: string }) {
  return (
    <Popover
      label="The whole text"
      align="start"
      trigger={
        <button type="button" className={styles.more} aria-label={`Show all ${text.length} characters`}>
          show all
        </button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
      <bdi dir="auto" className={classNames(styles.text, styles.lines, styles.whole)} tabIndex={0}>
        {shownText(text, Number.POSITIVE_INFINITY, true).text}
      </bdi>
    </Popover>
  )
}
