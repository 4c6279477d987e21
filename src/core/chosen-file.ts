import { StepscopeError } from './errors.ts'
import { checkTextBytes } from './json.ts'

/** A file that a person chose or dropped, as browsers give it. */
export interface ReadableFile {
  readonly size: number
  text(): Promise<string>
}

/** Its text. @throws StepscopeError `bad-file` where it is too large to be read whole, or is not there any more */
export async function readChosen(name: string, file: ReadableFile): Promise<string> {
  checkTextBytes(file.size, { file: name })
  try {
    return await file.text()
  } catch (cause) {
    throw isGone(name, cause)
  }
}

/** As browsers give it; its bytes are read as they come. */
export interface StreamedFile {
  readonly name: string
  stream(): {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
      cancel(): Promise<void>
    }
  }
}

/**
 * Its text (UTF-8) as it comes, in pieces.
 * @param signal ends it with an AbortError
 * @throws StepscopeError `bad-file` where the file is not there any more
 */
export async function* streamChosen(file: StreamedFile, signal: AbortSignal): AsyncGenerator<string> {
  const reader = file.stream().getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw isGone(file.name, cause)
      })
      signal.throwIfAborted()
      yield decoder.decode(value, { stream: !done })
      if (done) return
    }
  } finally {
    // What is left of it is of no interest, nor whether it can be read.
    reader.cancel().catch(() => {})
  }
}

function isGone(name: string, cause: unknown): StepscopeError {
  const message = 'The file cannot be read: it was changed, moved or deleted since it was chosen'
  const nextStep = 'Choose the file again.'
  return new StepscopeError({ code: 'bad-file', message, place: { file: name }, nextStep }, { cause })
}
