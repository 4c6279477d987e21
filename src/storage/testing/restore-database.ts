interface Dump {
  readonly name: string
  /** As IndexedDB counts them. */
  readonly version: number
  readonly stores: Readonly<
    Record<
      string,
      {
        readonly keyPath: string | string[]
        readonly indexes: readonly { readonly name: string; readonly keyPath: string | string[] }[]
        readonly rows: readonly unknown[]
      }
    >
  >
}

/** Makes a database as a version of Stepscope left it in a browser; `text` is such a database as JSON. */
export function restoreDatabase(indexedDB: IDBFactory, text: string): Promise<void> {
  const dump = JSON.parse(text) as Dump
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(dump.name, dump.version)
    request.onerror = () => reject(request.error)
    request.onupgradeneeded = () => {
      for (const [name, { keyPath, indexes, rows }] of Object.entries(dump.stores)) {
        const store = request.result.createObjectStore(name, { keyPath })
        for (const index of indexes) store.createIndex(index.name, index.keyPath)
        for (const row of rows) store.put(row)
      }
    }
    request.onsuccess = () => {
      request.result.close()
      resolve()
    }
  })
}
