import type { ReactNode } from 'react'
import { useRef } from 'react'
import { Button, IconButton } from './button.tsx'
import type { Dropped } from './dropped-files.ts'
import { filesOfPicker } from './dropped-files.ts'
import type { IconName } from './icon.tsx'

interface FileButtonProps {
  icon?: IconName
  /** Names the hidden file input, and the button where it is only an icon. */
  label: string
  accept?: string
  /** Choose a whole folder. */
  folder?: boolean
  onPick(picked: Dropped): void | Promise<void>
}

/** A button that opens the file chooser, for those who do not drag. */
export function FileButton({ icon, children, ...rest }: FileButtonProps & { children: ReactNode }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button {...(icon ? { icon } : {})} onClick={() => input.current?.click()}>
        {children}
      </Button>
      <HiddenInput {...rest} input={input} />
    </>
  )
}

export function IconFileButton({ icon, ...rest }: FileButtonProps & { icon: IconName }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <IconButton icon={icon} label={rest.label} onClick={() => input.current?.click()} />
      <HiddenInput {...rest} input={input} />
    </>
  )
}

function HiddenInput({
  label,
  accept,
  folder = false,
  onPick,
  input,
}: FileButtonProps & { input: { current: HTMLInputElement | null } }) {
  return (
    <input
      ref={(element) => {
        input.current = element
        // Not an attribute React knows.
        if (element && folder) element.webkitdirectory = true
      }}
      type="file"
      hidden
      aria-label={label}
      accept={accept}
      multiple={folder}
      onChange={(event) => {
        const files = [...(event.target.files ?? [])]
        event.target.value = ''
        if (files.length > 0) void onPick(filesOfPicker(files))
      }}
    />
  )
}
