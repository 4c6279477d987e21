// System parts that the tests need besides npm packages: a Chromium for the journeys, and on Linux a Vulkan driver that
// runs without a graphics card (Mesa's lavapipe) for the engine's tests in Node. Present parts cost a few file look-ups.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Dawn refuses the lavapipe of Mesa 22.3 (Debian 12) and accepts the one of Mesa 25 (its backports). */
const OLDEST_MESA = 23.1

const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** The same browser without windows of its own around the pages: opening a page costs half of the processor's time. */
const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell'
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']
const LOADER_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
]

/**
 * Path of the installed Chromium, or undefined: Playwright's own is then used, where it was downloaded.
 * @param shell the headless shell first, where there is one
 */
export function chromiumPath({ shell = false } = {}) {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen) return chosen
  if (process.platform !== 'linux') return undefined
  const paths = shell ? [HEADLESS_SHELL, ...CHROMIUM_PATHS] : [...CHROMIUM_PATHS, HEADLESS_SHELL]
  // Ubuntu's /usr/bin/chromium-browser is a script that asks for a snap, which Playwright cannot drive.
  return paths.find((path) => existsSync(path) && !isSnapStub(path))
}

function isSnapStub(path) {
  const head = readFileSync(path).subarray(0, 4096).toString('latin1')
  return head.startsWith('#!') && head.includes('snap')
}

/** Lavapipe's driver description, for instance /usr/share/vulkan/icd.d/lvp_icd.json. */
function lavapipe() {
  for (const folder of DRIVER_FOLDERS) {
    if (!existsSync(folder)) continue
    const file = readdirSync(folder).find((name) => /^lvp_icd.*\.json$/.test(name))
    if (file) return join(folder, file)
  }
  return undefined
}

function vulkanLoader() {
  return LOADER_FOLDERS.some((folder) => existsSync(join(folder, 'libvulkan.so.1')))
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, program)))
}

function output(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8' })
  return result.status === 0 ? result.stdout : ''
}

const mesaNumber = (version) => Number.parseFloat(/(?:\d+:)?(\d+\.\d+)/.exec(version)?.[1] ?? '0')

function installedMesaIsTooOld() {
  if (!onPath('dpkg-query')) return false
  // Prints `mesa-vulkan-drivers:amd64<tab>25.0.7-2`, or fails where it is not installed.
  const version = output('dpkg-query', ['-W', 'mesa-vulkan-drivers']).split('\t')[1] ?? ''
  return version !== '' && mesaNumber(version) < OLDEST_MESA
}

/** What is missing now: 'chromium' and 'vulkan'. */
export function missingParts() {
  const missing = []
  if (process.platform !== 'linux') {
    if (!process.env.CHROMIUM_PATH && !playwrightChromium()) missing.push('chromium')
    return missing
  }
  if (!chromiumPath() && !playwrightChromium()) missing.push('chromium')
  if (!lavapipe() || !vulkanLoader() || installedMesaIsTooOld()) missing.push('vulkan')
  return missing
}

/** Whether `npx playwright install chromium` has put a browser into Playwright's folder. */
function playwrightChromium() {
  const home = process.env.HOME ?? process.env.USERPROFILE ?? ''
  const folder =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    (process.platform === 'darwin'
      ? join(home, 'Library/Caches/ms-playwright')
      : process.platform === 'win32'
        ? join(process.env.LOCALAPPDATA ?? home, 'ms-playwright')
        : join(home, '.cache/ms-playwright'))
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('chromium'))
}

function distribution() {
  if (!existsSync('/etc/os-release')) return { id: 'unknown', like: '', codename: '' }
  const fields = Object.fromEntries(
    readFileSync('/etc/os-release', 'utf8')
      .split('\n')
      .map((line) => /^(\w+)="?(.*?)"?$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => [match[1], match[2]]),
  )
  return { id: fields.ID ?? 'unknown', like: fields.ID_LIKE ?? '', codename: fields.VERSION_CODENAME ?? '' }
}

function run(program, args) {
  console.log(`$ ${[program, ...args].join(' ')}`)
  const result = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return result.status === 0
}

/** A runner for commands as root, or undefined where that is not possible without asking. */
function asRoot() {
  if (process.getuid?.() === 0) return (program, ...args) => run(program, args)
  if (!onPath('sudo')) return undefined
  const ask = process.stdin.isTTY ? [] : ['-n']
  if (ask.length > 0 && spawnSync('sudo', ['-n', 'true']).status !== 0) return undefined
  return (program, ...args) => run('sudo', [...ask, program, ...args])
}

/** Versions of a package that apt can install, best candidate's first. */
function candidates(name) {
  return output('apt-cache', ['madison', name])
    .split('\n')
    .map((line) => line.split('|')[1]?.trim() ?? '')
    .filter(Boolean)
}

const BACKPORTS = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`

function installWithApt(missing) {
  const root = asRoot()
  if (!root) return false
  const { id, like, codename } = distribution()
  const ubuntu = id === 'ubuntu' || like.includes('ubuntu')
  const debian12 = id === 'debian' && codename === 'bookworm'
  const update = () => root('apt-get', 'update', '-q')
  const installNow = (packages, options) =>
    root(
      'apt-get',
      'install',
      '-q',
      '-y',
      '--no-install-recommends',
      '-o',
      'DPkg::Lock::Timeout=120',
      ...options,
      ...packages,
    )
  // A stale package list names versions that the mirror no longer has; refresh it once.
  const install = (packages, options = []) =>
    installNow(packages, options) || (update() && installNow(packages, options))

  if (candidates('libvulkan1').length === 0 && !update()) return false
  if (missing.includes('vulkan')) {
    const recent = candidates('mesa-vulkan-drivers').some((version) => mesaNumber(version) >= OLDEST_MESA)
    if (debian12 && !recent && !(addBackports(root) && update())) return false
    const options = debian12 ? ['-t', 'bookworm-backports'] : []
    if (!install(['mesa-vulkan-drivers', 'libvulkan1'], options)) return false
  }
  if (missing.includes('chromium')) {
    if (ubuntu) return run('npx', ['playwright', 'install', '--with-deps', 'chromium'])
    const shell = candidates('chromium-headless-shell').length > 0 ? ['chromium-headless-shell'] : []
    if (!install(['chromium', ...shell, 'fonts-dejavu-core'])) return false
  }
  return true
}

function addBackports(root) {
  const list = '/etc/apt/sources.list.d/bookworm-backports.sources'
  console.log(`Adding ${list}`)
  if (process.getuid?.() !== 0) return root('sh', '-c', `printf '%s' '${BACKPORTS}' > ${list}`)
  writeFileSync(list, BACKPORTS)
  return true
}

/** Instructions for a person, where nothing could be installed for them. */
export function advice(missing) {
  const lines = ['These system parts are missing and could not be installed from here:']
  if (missing.includes('chromium')) {
    lines.push(
      '  - a Chromium: `npx playwright install chromium`, or install Chrome or Chromium and set CHROMIUM_PATH to its program',
    )
  }
  if (missing.includes('vulkan')) {
    lines.push(
      "  - a Vulkan loader and Mesa's software driver, version 23.1 or newer. As root: `apt-get install mesa-vulkan-drivers libvulkan1`",
      '    (Debian 12: add `-t bookworm-backports`), Fedora `dnf install mesa-vulkan-drivers vulkan-loader`, Arch `pacman -S vulkan-swrast`',
    )
  }
  return lines.join('\n')
}

/**
 * Installs what is missing where that is possible without questions.
 * @returns the parts still missing; empty when everything is there
 */
export function ensureSystem(needed = ['chromium', 'vulkan']) {
  const wanted = () => missingParts().filter((part) => needed.includes(part))
  const missing = wanted()
  if (missing.length === 0) return []
  console.log(`Missing system parts: ${missing.join(', ')}`)
  if (process.platform === 'linux' && onPath('apt-get')) installWithApt(missing)
  else if (missing.includes('chromium')) run('npx', ['playwright', 'install', 'chromium'])
  return wanted()
}
