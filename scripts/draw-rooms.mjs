// `npm run rooms`: draws the map of rooms in docs/architecture.md anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkImports } from './check-imports.mjs'
import { drawRooms, MAP_FILE, withMap } from './rooms-map.mjs'

const { arrows } = checkImports(fileURLToPath(new URL('../src', import.meta.url)))
writeFileSync(MAP_FILE, withMap(readFileSync(MAP_FILE, 'utf8'), drawRooms(arrows)))
console.log('docs/architecture.md has the map of rooms as they are')
