import { z } from 'zod'
import { storedManifestSchema } from '../formats/stored-manifest.ts'
import type { ManifestField, StatedManifest } from '../search/manifest.ts'
import { MODEL_ROLES } from '../search/manifest.ts'

const count = z.int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const fileSchema = z.object({
  name: z.string().regex(/^[\w][\w.-]*$/),
  /** Null until the file's own request told. */
  size: count.nullable(),
  /** As the hub lists it. */
  listed: sha256.nullable(),
  /** Of the bytes as they were when the download was complete. */
  recorded: sha256.nullable(),
  validator: z.object({ etag: z.string().nullable(), lastModified: z.string().nullable() }).nullable(),
  state: z.enum(['partial', 'complete', 'corrupt']),
  /** When the bytes were last hashed and found right. */
  checkedAt: z.iso.datetime().nullable(),
})

const fields = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hub'), repo: z.string(), revision: z.string() }),
    z.object({ kind: z.literal('url'), url: z.string() }),
  ]),
  baseUrl: z.string(),
  commit: z.string().nullable(),
  files: z.array(fileSchema),
  family: z.string(),
  role: z.enum(MODEL_ROLES),
  parameters: count,
  manifest: storedManifestSchema,
  /** Whether it comes with a chat template; not noted by earlier versions. */
  chat: z.boolean().exactOptional(),
  addedAt: z.iso.datetime(),
  lastUsed: z.iso.datetime().nullable(),
})

/**
 * The journal of one model: lies beside its files as `journal.json`, and tells what of them is there. Earlier versions called
 * its manifest `adapter`.
 */
export const journalSchema = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('adapter' in value)) return value
  const { adapter, ...rest } = value
  return { manifest: adapter, ...rest }
}, fields)

export type Journal = z.infer<typeof journalSchema>
export type JournalFile = Journal['files'][number]

export const JOURNAL_FILE = 'journal.json'

/** A model on this device, or a part of one, as listed. */
export interface StoredModel {
  readonly id: string
  readonly host: string
  readonly commit: string | null
  readonly family: Journal['family']
  readonly role: Journal['role']
  readonly parameters: number
  readonly manifest: StatedManifest
  /** Fields that must be asked for before it can be used. */
  readonly missing: readonly ManifestField[]
  readonly chat: boolean
  readonly files: readonly {
    readonly name: string
    readonly storedBytes: number
    readonly size: number | null
    /** `cut`: complete once, and not of its size any more. */
    readonly state: JournalFile['state'] | 'cut'
    /** `listed`: equal to the hub's hash; `recorded`: as it was when downloaded; null: not hashed yet. */
    readonly verified: 'listed' | 'recorded' | null
  }[]
  readonly storedBytes: number
  /** Null while a file's size is unknown. */
  readonly totalBytes: number | null
  readonly state: 'complete' | 'partial' | 'corrupt'
  /** Another tab, or this one, is at it. */
  readonly busy: boolean
  readonly addedAt: string
  readonly lastUsed: string | null
  readonly checkedAt: string | null
}
