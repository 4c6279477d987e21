import { toErrorDetails } from '../../core/errors.ts'
import { ASKED } from '../../worker/client.ts'
import type { Actions } from '../app-state.ts'
import type { SliceContext } from '../slice-context.ts'
import type { OnnxState } from './onnx-state.ts'
import type { OwnModelsSlice } from './own-models-slice.ts'

const CLOSED: OnnxState = { status: 'closed', origin: null, summary: null, error: null }

export interface OnnxSlice {
  readonly actions: Actions['onnx']
}

/** Adding an ONNX model: where it is, what it holds, how it shall run. */
export function createOnnxSlice({ get, set, deps }: SliceContext, ownModels: OwnModelsSlice): OnnxSlice {
  let files: readonly File[] = []
  let asking: AbortController | null = null
  const patch = (change: Partial<OnnxState>): void => set({ onnx: { ...get().onnx, ...change } })

  const inspect = async (origin: NonNullable<OnnxState['origin']>): Promise<void> => {
    asking?.abort()
    const controller = new AbortController()
    asking = controller
    patch({ status: 'asking', origin, summary: null, error: null })
    try {
      const from = origin.hub ? { kind: 'hub' as const, ...origin.hub } : { kind: 'folder' as const, files }
      const summary = await deps.client.call('inspectOnnx', { origin: from }, controller.signal)
      if (asking === controller) patch({ status: 'ready', summary })
    } catch (error) {
      if (asking === controller) patch({ status: 'open', error: toErrorDetails(error) })
    } finally {
      if (asking === controller) asking = null
    }
  }

  const actions: Actions['onnx'] = {
    open: () => patch({ ...CLOSED, status: 'open' }),
    chooseFolder: (name, chosen) => {
      files = chosen
      return inspect({ name, hub: null })
    },
    lookUp: (repo, revision) => {
      files = []
      return inspect({ name: repo, hub: { repo, revision } })
    },
    add: async ({ dtype, device, fields }) => {
      const { origin, summary } = get().onnx
      const variant = summary?.variants.find((found) => found.dtype === dtype)
      if (!origin || !variant) return
      patch({ status: 'loading', error: null })
      const source = origin.hub ? `${origin.hub.repo}@${origin.hub.revision}` : origin.name
      const loaded = await ownModels.addOnnx({
        id: `${source}:${dtype}:${device}`,
        name: `${origin.name} ${dtype}`,
        settings: { hub: origin.hub, dtype, device },
        files,
        manifest: { ...fields, role: 'policy' },
        bytes: variant.bytes,
      })
      if (loaded) actions.close()
      else patch({ status: 'ready', error: get().engine.error })
    },
    close: () => {
      asking?.abort(ASKED)
      asking = null
      files = []
      patch(CLOSED)
    },
  }
  return { actions }
}
