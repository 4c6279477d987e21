import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d']
const SOFTWARE_DRIVER = /^lvp_icd.*\.json$/

/**
 * Dawn's `GPU` for Node. Finds the Vulkan driver by itself: a graphics card's where the kernel shows one, else Mesa's
 * software driver. Dawn reads the environment when it is loaded, so it is imported only after that is set.
 * The caller keeps the returned object for as long as it uses devices of it.
 * @param hardware for a graphics card alone: null where there is none, which only Linux tells without loading a driver
 */
export async function createNodeGpu({ hardware = false } = {}): Promise<GPU | null> {
  if (hardware && process.platform === 'linux' && !hasGraphicsCard()) return null
  if (process.platform === 'linux') chooseDriver(process.env)
  const { create } = await import('webgpu')
  return create([])
}

function chooseDriver(environment: NodeJS.ProcessEnv): void {
  // Mesa complains on stderr where it has no folder of its own.
  environment.XDG_RUNTIME_DIR ??= mkdtempSync(join(tmpdir(), 'stepscope-'))
  if (environment.VK_ICD_FILENAMES || environment.VK_DRIVER_FILES || hasGraphicsCard()) return
  const software = DRIVER_FOLDERS.filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => ({ name, path: join(folder, name) })))
    .find(({ name }) => SOFTWARE_DRIVER.test(name))
  if (software !== undefined) environment.VK_ICD_FILENAMES = software.path
}

/** With a card, the loader tries all drivers; without one, the cards' drivers only cost time and warnings. */
function hasGraphicsCard(): boolean {
  const rendering = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'))
  return rendering || existsSync('/dev/nvidiactl')
}
