import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { installPageFaults } from '../faults/page-faults.ts'
import { browserDependencies } from '../state/browser-dependencies.ts'
import { createAppStore } from '../state/create-app-store.ts'
import { AppStoreProvider } from '../state/hooks.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { browserIsolation, isolateByReload } from './isolation.ts'
import { dropLink, readBackend, readLink } from './route.ts'
import { registerServiceWorker, reloadWithNewest } from './service-worker.ts'
import '../ui/tokens.css'
import '../ui/base.css'

if (import.meta.env.DEV || import.meta.env.MODE === 'faults') installPageFaults()
const store = createAppStore(browserDependencies())
if (import.meta.env.PROD) {
  void registerServiceWorker(store)
  void isolateByReload(store.actions.notices, browserIsolation())
}
store.subscribe(({ link }, before) => {
  if (before.link.carrying && !link.carrying) dropLink()
})
void store.start(readLink(), readBackend())

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AppStoreProvider store={store}>
        <ErrorBoundary resetKey="app">
          <App onReload={() => void reloadWithNewest()} />
        </ErrorBoundary>
      </AppStoreProvider>
    </StrictMode>,
  )
}
