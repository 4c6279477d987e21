// npm start: installs and builds what is missing, then serves the site on this machine.
import { createServer } from 'node:http'
import { dist, ensureBuild, ensureNode, ensurePackages } from './prepare.mjs'
import { serveFolder } from './static-server.mjs'

const DEFAULT_PORT = 4173
const TRIES = 50

ensureNode()
ensurePackages()
if (!ensureBuild()) {
  console.error('The site could not be built; the message above says why.')
  process.exit(1)
}

const chosen = process.env.PORT
const first = chosen === undefined || chosen === '' ? DEFAULT_PORT : Number(chosen)
if (!Number.isInteger(first) || first < 0 || first > 65535) {
  console.error(`PORT must be a number from 0 to 65535; it is "${chosen}".`)
  process.exit(1)
}

const server = createServer(serveFolder(dist))
let port = first
server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error
  // A port that was asked for is a promise; the default one may move on.
  if (chosen || port >= first + TRIES) {
    console.error(`Port ${port} is in use. Choose another one: PORT=${port + 1} npm start`)
    process.exit(1)
  }
  port += 1
  server.listen(port)
})
server.on('listening', () => console.log(`http://localhost:${server.address().port}`))
server.listen(port)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
}
