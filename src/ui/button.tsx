import type { ComponentProps } from 'react'
import { plainText } from '../core/outside-text.ts'
import styles from './button.module.css'
import { classNames } from './class-names.ts'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'
import { Tooltip } from './tooltip.tsx'

interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` once per screen; `plain` has no frame until it is pointed at. */
  variant?: 'primary' | 'secondary' | 'plain' | 'danger'
  icon?: IconName
  /** Shown as pressed or not, for buttons that switch something. */
  pressed?: boolean
}

export function Button({ variant = 'secondary', icon, pressed, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      className={classNames(styles.button, styles[variant], className)}
      {...rest}
    >
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children' | 'aria-label'> {
  icon: IconName
  label: string
  /** Shown beside the label in the tooltip, e.g. `Space`. */
  shortcut?: string
}

/** A button that is only an icon: its name is read out, and shown as a tooltip with its key. */
export function IconButton({
  icon,
  label: given,
  shortcut,
  variant = 'plain',
  pressed,
  className,
  ...rest
}: IconButtonProps) {
  const label = plainText(given)
  return (
    <Tooltip content={label} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={classNames(styles.button, styles[variant], styles.square, className)}
        {...rest}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  )
}
