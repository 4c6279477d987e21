import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import type { ManifestTransform } from 'workbox-build'
import { contentPolicy } from './scripts/content-policy.mjs'
import { addIsolation } from './scripts/isolation-worker.mjs'

/** As in scripts/static-server.mjs: the development server shows the page under the same isolation. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** The page's own copy, for hosts that send no header. Only in the build: Vite's development client injects an inline script that the policy would refuse. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentPolicy() },
        injectTo: 'head-prepend',
      },
    ],
  }
}

/**
 * A wrong answer with status 200, as a network's login page gives to every request, is neither kept nor taken from a cache:
 * then the file is fetched again. The service worker gets this as text, so it stands alone.
 */
const noWebPages = {
  cacheWillUpdate: async ({ response }: { response: Response }) =>
    response.status === 200 && !/text\/html/i.test(response.headers.get('content-type') ?? '') ? response : null,
  cachedResponseWillBeUsed: async ({ cachedResponse }: { cachedResponse?: Response }) =>
    cachedResponse && !/text\/html/i.test(cachedResponse.headers.get('content-type') ?? '') ? cachedResponse : null,
}

/**
 * A worker that connects hosts and was fetched before the service worker was there is not kept under its address; without a
 * network the one that connects none does all that is left to do.
 */
const workerWithoutHosts = {
  handlerDidError: ({ request }: { request: Request }) =>
    caches.match(new URL(request.url).pathname, { ignoreSearch: true }),
}

/** A part of the service worker, which its generated text imports. Its name has its hash: hosts may keep files for long. */
const isolationText = `(${addIsolation})(self)\n`
const isolationFile = `isolation-${createHash('sha256').update(isolationText).digest('hex').slice(0, 8)}.js`

function serviceWorkerPart(): Plugin {
  return {
    name: 'service-worker-part',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: isolationFile, source: isolationText })
    },
  }
}

/** What the service worker keeps at its installation has the bytes of this build, or nothing is kept. */
function precacheWithHashes(): { plugin: Plugin; transform: ManifestTransform } {
  let folder = ''
  return {
    plugin: {
      name: 'precache-with-hashes',
      configResolved: ({ root, build }) => {
        folder = resolve(root, build.outDir)
      },
    },
    transform: async (entries) => ({
      manifest: entries.map((entry) => {
        const path = join(folder, entry.url)
        if (!existsSync(path)) return entry
        const hash = createHash('sha256').update(readFileSync(path)).digest('base64')
        return { ...entry, integrity: `sha256-${hash}` }
      }),
    }),
  }
}

const precache = precacheWithHashes()

/**
 * Packages apart from our own code: the page asks for all parts at the same time, and an update of the application
 * fetches only its own part again.
 */
const packageChunks = [
  { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 2 },
  { name: 'packages', test: /node_modules[\\/]/, priority: 1 },
]

export default defineConfig({
  base: process.env.BASE_PATH ?? '/',
  plugins: [
    react(),
    contentSecurityPolicy(),
    precache.plugin,
    serviceWorkerPart(),
    VitePWA({
      // The application asks before it changes to a new version: a run in progress would be lost.
      registerType: 'prompt',
      injectRegister: null,
      manifest: {
        name: 'Stepscope',
        short_name: 'Stepscope',
        description: 'A research playground for reasoning models in the browser',
        display: 'standalone',
        background_color: '#ffffff',
        theme_color: '#1f4e79',
        icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png,woff2,wasm,json,jsonl,safetensors,md,txt}'],
        // The bundled checkpoints are part of the application offline; larger files stay out.
        maximumFileSizeToCacheInBytes: 10 * 1024 * 1024,
        // Transformers.js and its runtime come when a model needs them, and stay from then on.
        globIgnores: ['**/ort-wasm-*', '**/load-policy-*', isolationFile],
        importScripts: [isolationFile],
        runtimeCaching: [
          {
            urlPattern: /\/assets\/(ort-wasm-|load-policy-)/,
            handler: 'CacheFirst',
            options: { cacheName: 'transformersjs-engine', plugins: [noWebPages] },
          },
          {
            // A worker whose address connects hosts has its own policy, and stays for offline, too.
            urlPattern: /\/assets\/worker-[^?]+\?/,
            handler: 'NetworkFirst',
            options: {
              cacheName: 'connected-workers',
              expiration: { maxEntries: 4 },
              plugins: [noWebPages, workerWithoutHosts],
            },
          },
        ],
        manifestTransforms: [precache.transform],
        navigateFallback: 'index.html',
        navigateFallbackDenylist: [/\.[a-z0-9]+$/i],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    sourcemap: false,
    rolldownOptions: { output: { codeSplitting: { groups: packageChunks } } },
  },
  server: { headers: isolation },
})
