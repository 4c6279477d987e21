/**
 * A ZIP archive whose files are stored as they are: weights do not get smaller, and any program can open it. The parts are
 * to be written one after the other; file contents are not copied.
 * Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Dates are left at the format's first day, so that the
 * same files give the same archive.
 *
 * @param files name and content; less than 4 GiB together, as the plain format can hold
 * @throws RangeError where they are larger
 */
export function zipParts(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = []
  const directory: Uint8Array<ArrayBuffer>[] = []
  let offset = 0
  for (const [name, content] of files) {
    const path = new TextEncoder().encode(name)
    const described = [VERSION, UTF8_NAMES, STORED, ...FIRST_DAY, long(crc32(content)), long(content.length)]
    const header = record(0x04034b50, [...described, long(content.length), path.length, 0], path)
    const entry = [VERSION, ...described, long(content.length), path.length, 0, 0, 0, 0, long(0), long(offset)]
    directory.push(record(0x02014b50, entry, path))
    parts.push(header, content)
    offset += header.length + content.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  if (offset + size > 0xffff_ffff) throw new RangeError('the files are too large for one archive')
  const end = record(0x06054b50, [0, 0, files.size, files.size, long(size), long(offset), 0], new Uint8Array(0))
  return [...parts, ...directory, end]
}

const VERSION = 20
/** General purpose flag 11: names are UTF-8. */
const UTF8_NAMES = 0x0800
const STORED = 0
/** Time 0:00, 1 January 1980. */
const FIRST_DAY = [0, 0x0021]

interface Long {
  readonly value: number
}

/** Four bytes, where a plain number is two. */
function long(value: number): Long {
  return { value }
}

/** Signature, fields in little-endian order, name. */
function record(signature: number, fields: readonly (number | Long)[], name: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = fields.reduce<number>((sum, field) => sum + (typeof field === 'number' ? 2 : 4), 4 + name.length)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, signature, true)
  let at = 4
  for (const field of fields) {
    if (typeof field === 'number') view.setUint16(at, field, true)
    else view.setUint32(at, field.value, true)
    at += typeof field === 'number' ? 2 : 4
  }
  bytes.set(name, at)
  return bytes
}

/** As in ISO 3309, polynomial 0xEDB88320 (reflected). */
function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  let value = 0xffff_ffff
  for (let i = 0; i < bytes.length; i++) {
    value = (value >>> 8) ^ (table[(value ^ (bytes[i] as number)) & 0xff] as number)
  }
  return (value ^ 0xffff_ffff) >>> 0
}
