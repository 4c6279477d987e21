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
    const message = 'The file cannot be read: it was changed, moved or deleted since it was chosen'
    const nextStep = 'Choose the file again.'
    throw new StepscopeError({ code: 'bad-file', message, place: { file: name }, nextStep }, { cause })
  }
}
