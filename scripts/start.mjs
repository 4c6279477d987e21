// npm start: installs and builds what is missing, then serves the site on this machine.
import { createServer } from 'node:http'
import { dist, distWithFaults, ensureBuild, ensureNode, ensurePackages } from './prepare.mjs'
import { serveFolder } from './static-server.mjs'

const DEFAULT_PORT = 4173
const TRIES = 50
const LOOPBACK = '127.0.0.1'

ensureNode()
ensurePackages()
// For journeys: the development build whose parts can be made to fail.
const faults = Boolean(process.env.STEPSCOPE_FAULTS)
if (!ensureBuild({ faults })) {
  console.error('The site could not be built; the message above says why.')
  process.exit(1)
}

const chosen = process.env.PORT
const first = chosen === undefined || chosen === '' ? DEFAULT_PORT : Number(chosen)
if (!Number.isInteger(first) || first < 0 || first > 65535) {
  console.error(`PORT must be a number from 0 to 65535; it is "${chosen}".`)
  process.exit(1)
}

// This machine alone, unless somebody asks for more: `npm start -- --host` (all interfaces) or `--host 192.168.1.5`.
const host = hostOption(process.argv.slice(2))

const server = createServer(serveFolder(faults ? distWithFaults : dist))
let port = first
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  // A port that was asked for is a promise; the default one may move on.
  if (chosen || port >= first + TRIES) {
    console.error(`Port ${port} is in use. Choose another one: PORT=${port + 1} npm start`)
    process.exit(1)
  }
  port += 1
  server.listen(port, host)
})
server.on('listening', () => {
  console.log(`http://localhost:${server.address().port}`)
  if (host !== LOOPBACK) console.log(`Listening on ${host}: other machines reach it, and need https for WebGPU.`)
})
server.listen(port, host)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
}

function hostOption(options) {
  const [name, ...rest] = options
  if (name === undefined) return LOOPBACK
  if (name === '--host' && rest.length === 0) return '0.0.0.0'
  if (name === '--host' && rest.length === 1 && !rest[0].startsWith('-')) return rest[0]
  if (name.startsWith('--host=') && name.length > 7 && rest.length === 0) return name.slice(7)
  console.error(`npm start takes only --host [address]; found: ${options.join(' ')}`)
  process.exit(1)
}
