/** The Cache API in memory, as far as models and the engine's files use it. */
export class MemoryCaches {
  readonly stored = new Map<string, { readonly body: ArrayBuffer; readonly headers: [string, string][] }>()

  open(): Promise<Pick<Cache, 'match' | 'put' | 'delete' | 'keys'>> {
    const key = (request: RequestInfo | URL): string => (request instanceof Request ? request.url : String(request))
    return Promise.resolve({
      match: async (request) => {
        const kept = this.stored.get(key(request))
        return kept && new Response(kept.body, { headers: kept.headers })
      },
      put: async (request, response) => {
        const headers = [...response.headers] as [string, string][]
        this.stored.set(key(request), { body: await response.arrayBuffer(), headers })
      },
      delete: async (request) => this.stored.delete(key(request)),
      keys: async () => [...this.stored.keys()].map((url) => new Request(url)),
    })
  }

  textOf(url: string): string | null {
    const kept = this.stored.get(url)
    return kept ? new TextDecoder().decode(kept.body) : null
  }
}
