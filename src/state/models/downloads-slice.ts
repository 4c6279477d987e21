import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { ASKED } from '../../worker/client.ts'
import type { Actions } from '../app-state.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import type { DownloadsState, Transfer } from './downloads-state.ts'
import type { OwnModelsSlice } from './own-models-slice.ts'

/** Between two looks at what another tab is doing. */
const LOOK_MS = 2000

export interface DownloadsSlice {
  readonly actions: Actions['downloads']
  /** Offers what is on this device in the pickers; quietly nothing where it cannot be listed. */
  restore(): Promise<void>
  onTransfer(progress: Omit<Transfer, 'kind'> & { readonly id: string }): void
  /** The worker of the downloads is gone; the next one starts it anew. */
  onLost(error: ErrorDetails): void
  dispose(): void
}

/** Models fetched from elsewhere: what a server offers, what is on its way, what is on this device. */
export function createDownloadsSlice(context: SliceContext, saving: Saving, ownModels: OwnModelsSlice): DownloadsSlice {
  const { get, set, deps, notify } = context
  // A worker of its own: a download goes on while the engine is replaced, and hashing never waits for a pass.
  const client = deps.downloads ?? deps.client
  const running = new Map<string, AbortController>()
  let inspecting: AbortController | null = null
  let cancelLook: (() => void) | null = null

  const patch = (change: Partial<DownloadsState>): void => set({ downloads: { ...get().downloads, ...change } })

  const list = async (worker = client): Promise<void> => {
    const { models, unreadable } = await worker.call('listStored', {})
    patch({ models, unreadable })
    ownModels.offerStored(models)
  }

  const refresh = async (): Promise<void> => {
    try {
      const [space, persisted, others, runs] = await Promise.all([
        deps.device?.space() ?? null,
        deps.device?.persisted() ?? null,
        client.call('listOnnx', {}),
        saving.attempt((storage) => storage.measureRuns()),
        list(),
      ])
      patch({ status: 'ready', error: null, space, persisted, others, runs })
    } catch (error) {
      patch({ status: 'failed', error: toErrorDetails(error) })
    }
    lookAgain()
  }

  /** What another tab does ends without a word, as when that tab dies: looked at again until nothing is left. */
  const lookAgain = (): void => {
    const elsewhere = get().downloads.models.some(({ id, busy }) => busy && !running.has(id))
    if (elsewhere) {
      cancelLook ??= deps.later(() => {
        cancelLook = null
        void list().then(lookAgain, lookAgain)
      }, LOOK_MS)
    }
  }

  const forget = (id: string): void => {
    const { [id]: _, ...failures } = get().downloads.failures
    patch({ failures })
  }

  /** Runs a transfer of one model with its progress in the state; what fails is shown beside the model. */
  const transfer = async (
    id: string,
    kind: Transfer['kind'],
    call: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<boolean> => {
    if (running.has(id)) return false
    const controller = new AbortController()
    running.set(id, controller)
    forget(id)
    const start: Transfer = { kind, file: '', loadedBytes: 0, totalBytes: null, bytesPerSecond: 0 }
    patch({ transfers: { ...get().downloads.transfers, [id]: start } })
    let done = false
    try {
      await call(controller.signal)
      done = true
    } catch (error) {
      const details = toErrorDetails(error)
      if (details.code !== 'cancelled') {
        patch({ failures: { ...get().downloads.failures, [id]: details } })
        notifyError(
          context,
          kind === 'check' ? `“${plainText(id, 80)}” was not checked` : `“${plainText(id, 80)}” is not complete`,
          error,
        )
      }
    } finally {
      running.delete(id)
      const { [id]: _, ...transfers } = get().downloads.transfers
      patch({ transfers })
    }
    await refresh()
    return done
  }

  const told = (id: string): void => {
    notify({ tone: 'info', text: `“${plainText(id, 80)}” is on this device; choose Use to load it.` })
  }

  const remove = async (id: string): Promise<void> => {
    running.get(id)?.abort()
    try {
      await ownModels.withdraw({ kind: 'stored', id })
      await client.call('removeStored', { id })
    } catch (error) {
      notifyError(context, `“${plainText(id, 80)}” was not deleted`, error)
    }
  }

  const removeOther = async (repo: string): Promise<void> => {
    try {
      const users = get().engine.ownModels.filter(({ onnx }) => onnx?.hub?.repo === repo)
      for (const { id } of users) await ownModels.actions.forgetOwn(id)
      await client.call('deleteOnnx', { repo })
    } catch (error) {
      notifyError(context, `“${plainText(repo, 80)}” was not deleted`, error)
    }
  }

  /** A worker is told at its start which servers it may contact. */
  const connect = (typed: string): void => {
    const host = deps.hosts?.connect(typed) ?? null
    if (host === null) return
    if (running.size > 0)
      notify({ tone: 'info', text: 'Downloads under way were halted for the new server: resume them' })
    client.restart()
    ownModels.hostAdded(host)
  }

  const actions: Actions['downloads'] = {
    refresh,
    inspect: async (typed, revision) => {
      inspecting?.abort()
      connect(typed)
      const controller = new AbortController()
      inspecting = controller
      patch({ offer: { status: 'looking', plan: null, error: null } })
      try {
        const plan = await client.call('inspectRemote', { typed, revision }, controller.signal)
        const space = (await deps.device?.space()) ?? null
        patch({ offer: { status: 'ready', plan, error: null }, space })
      } catch (error) {
        if (controller.signal.aborted) return
        patch({ offer: { status: 'failed', plan: null, error: toErrorDetails(error) } })
      }
    },
    dismissOffer: () => {
      inspecting?.abort(ASKED)
      patch({ offer: null })
    },
    download: async () => {
      const plan = get().downloads.offer?.plan
      if (!plan) return
      patch({ offer: null })
      // Asked when the first model is to be kept, so that the browser does not clear it by itself.
      const persisted = await deps.device?.persist().catch(() => null)
      patch({ persisted: persisted ?? null })
      if (await transfer(plan.id, 'download', (signal) => client.call('downloadModel', { plan }, signal))) told(plan.id)
    },
    loadUnkept: async () => {
      const plan = get().downloads.offer?.plan
      if (!plan?.summary) return
      patch({ offer: null })
      await ownModels.loadFromUrl(
        plan.id,
        plan.listing.baseUrl,
        plan.listing.files.map(({ name }) => name),
        plan.summary,
      )
    },
    resume: async (id) => {
      const host = get().downloads.models.find((model) => model.id === id)?.host
      // Downloads of earlier versions did not note their server.
      if (host !== undefined && !deps.hosts?.list().some((known) => known.endsWith(`//${host}`)))
        connect(`https://${host}`)
      if (await transfer(id, 'download', (signal) => client.call('resumeModel', { id }, signal))) told(id)
    },
    cancel: (id) => running.get(id)?.abort(ASKED),
    check: async (id) => {
      const done = await transfer(id, 'check', (signal) => client.call('checkStored', { id }, signal))
      const model = get().downloads.models.find((stored) => stored.id === id)
      const bad = model?.files.filter(({ state }) => state === 'corrupt' || state === 'cut') ?? []
      if (!done || !model) return
      if (bad.length === 0)
        notify({ tone: 'info', text: `“${plainText(id, 80)}”: every byte is as it was downloaded.` })
      else {
        notify({
          tone: 'error',
          text: `“${plainText(id, 80)}” is damaged`,
          error: {
            code: 'bad-file',
            message:
              bad.length === 1 ? 'One file is not as it was downloaded' : `${bad.length} files are not as they were`,
            place: { file: bad.map(({ name }) => name).join(', ') },
            nextStep: 'Fetch it again; the other files stay.',
          },
        })
      }
    },
    remove: async (id) => {
      await remove(id)
      await refresh()
    },
    removeAll: async () => {
      const { models, unreadable, others } = get().downloads
      for (const id of [...models.map((model) => model.id), ...unreadable]) await remove(id)
      for (const { repo } of others) await removeOther(repo)
      await refresh()
    },
    removeOther: async (repo) => {
      await removeOther(repo)
      await refresh()
    },
  }

  return {
    actions,
    // The engine's worker answers: it is needed anyway, a second one is not yet.
    restore: () => list(deps.client).catch(() => {}),
    onTransfer: ({ id, ...progress }) => {
      const before = get().downloads.transfers[id]
      if (before) patch({ transfers: { ...get().downloads.transfers, [id]: { ...before, ...progress } } })
    },
    onLost: ({ message }) => {
      // Whoever looked at the list meanwhile was refused.
      void refresh()
      notify({
        tone: 'warning',
        text: 'What fetches and checks models was restarted',
        error: {
          code: 'device-lost',
          message,
          nextStep: 'What was fetched is kept: resume what was under way.',
        },
      })
    },
    dispose: () => {
      inspecting?.abort()
      cancelLook?.()
      for (const controller of running.values()) controller.abort()
      if (deps.downloads) deps.downloads.dispose()
    },
  }
}
