import type { ComponentProps } from 'react'
import { useRef } from 'react'
import { Button } from './button.tsx'

interface FileButtonProps extends Omit<ComponentProps<typeof Button>, 'onClick'> {
  /** Names the hidden file input. */
  label: string
  accept?: string
  /** Choose a whole folder. */
  folder?: boolean
  onFiles(files: readonly File[]): void
}

/** A button that opens the file chooser, for those who do not drag. */
export function FileButton({ label, accept, folder = false, onFiles, children, ...rest }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button {...rest} onClick={() => input.current?.click()}>
        {children}
      </Button>
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
          if (files.length > 0) onFiles(files)
        }}
      />
    </>
  )
}
