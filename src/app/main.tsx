import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { browserDependencies } from '../state/browser-dependencies.ts'
import { createAppStore } from '../state/create-app-store.ts'
import { AppStoreProvider } from '../state/hooks.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { takeLink } from './route.ts'
import { registerServiceWorker } from './service-worker.ts'
import '../ui/tokens.css'
import '../ui/base.css'

const store = createAppStore(browserDependencies())
const takeNewVersion = import.meta.env.PROD ? registerServiceWorker(store.actions) : () => location.reload()
void store.start(takeLink())

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AppStoreProvider store={store}>
        <ErrorBoundary resetKey="app">
          <App onReload={takeNewVersion} />
        </ErrorBoundary>
      </AppStoreProvider>
    </StrictMode>,
  )
}
