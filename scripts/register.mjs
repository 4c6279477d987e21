// Lets Node run this project's TypeScript as it is, through tsx. Used by bin/stepscope.mjs; for any other script:
// node --import ./scripts/register.mjs <file.ts>.
import { fileURLToPath } from 'node:url'
import { register as registerTypeScript } from 'tsx/esm/api'

// The command line's own tsconfig, whatever folder it is started from.
process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL('../tsconfig.base.json', import.meta.url))
registerTypeScript()
