// npm run build: the site in dist/, for any static host. BASE_PATH=/folder/ where it does not lie at the host's root.
import { ensureBuild, ensureNode, ensurePackages } from './prepare.mjs'

ensureNode()
ensurePackages()
process.exitCode = ensureBuild({ base: process.env.BASE_PATH ?? '/', force: true }) ? 0 : 1
