import { makeZip } from 'client-zip'

/** Midnight, 1 January 1980 in any time zone: the format's first day, so that the same files give the same archive. */
const FIRST_DAY = new Date(1980, 0, 1)

/**
 * A ZIP archive whose files are stored as they are: weights do not get smaller, and any program can open it. The parts are
 * to be written one after the other; file contents are not copied.
 *
 * @param files name and content; more than 4 GiB as ZIP64
 */
export async function zipParts(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const entries = [...files].map(([name, input]) => ({ name, input, lastModified: FIRST_DAY }))
  const reader = makeZip(entries).getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value as Uint8Array<ArrayBuffer>)
  }
  return parts
}
