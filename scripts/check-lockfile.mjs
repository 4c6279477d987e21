// The lockfile must serve every platform and every registry. npm leaves out the native packages of platforms whose
// builds the registry did not have at that moment, and `npm ci` then refuses the lockfile, with a message about
// packages that nobody has heard of.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @returns messages about the lockfile's packages */
function checkLockfile({ packages }) {
  const problems = []
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.resolved)
      problems.push(`${path}: has an address (resolved); .npmrc's omit-lockfile-registry-resolved is off`)
    if (path !== '' && !entry.version && !entry.link) problems.push(`${path}: has no version`)
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`])
        problems.push(
          `${path} ${entry.version}: ${name} is missing; choose a version whose platform packages all exist`,
        )
    }
  }
  return problems
}

const lockfile = JSON.parse(readFileSync(fileURLToPath(new URL('../package-lock.json', import.meta.url)), 'utf8'))
const problems = checkLockfile(lockfile)
for (const problem of problems) console.error(problem)
console.log(`Lockfile: ${problems.length === 0 ? 'complete for every platform' : `${problems.length} problems`}`)
process.exitCode = problems.length === 0 ? 0 : 1
