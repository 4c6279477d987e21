/** As zod tells it. */
interface Issue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[] | undefined
}

export interface SchemaIssue {
  /** Of the field that is wrong, or not known; empty where it is the whole value. */
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** What stands there, in a word where it is long. */
  readonly found: string
}

/** The first problem that a schema found in a value. */
export function firstSchemaIssue(error: { readonly issues: readonly Issue[] }, value: unknown): SchemaIssue {
  const [issue] = error.issues
  if (!issue) return { path: [], message: 'The value does not fit', found: showFound(value) }
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys?.[0] : undefined
  const path = unknown === undefined ? issue.path : [...issue.path, unknown]
  const message = unknown === undefined ? issue.message : 'There is no such field'
  return { path, message, found: showFound(valueAt(value, path)) }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined,
    value,
  )
}

function showFound(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return JSON.stringify(value)
}
