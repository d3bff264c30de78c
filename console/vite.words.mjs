import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LINE = /^([a-z_0-9]+)\s*=\s*\{(.*)\}\s*$/u
const WORD = /\b([a-z]{2})\s*=\s*("(?:[^"\\]|\\.)*")/gu
const NAME = 'virtual:channel-words/'
const OWN = 'virtual:words/'

/**
 * The words for a channel's failures live in the channel's folder (`strings.toml`), so that a channel stays one folder.
 * This brings them into the console's build: `virtual:channel-words/en` → `{ whatsapp: { refused: "…" } }`.
 */
export function channelWords(folder) {
  return {
    name: 'channel-words',
    resolveId: (id) => (id.startsWith(NAME) ? `\0${id}` : null),
    load: (id) =>
      id.startsWith(`\0${NAME}`)
        ? `export default ${JSON.stringify(wordsOf(folder, id.slice(NAME.length + 1)))}`
        : null,
  }
}

/**
 * The console's own words: a file per place in `locales/<language>/`, the file's name being the first part of its keys.
 * `virtual:words/en` holds them all, so that a language is one download; but for those in `later/`, which the place that
 * needs them brings with it (`addWords`).
 */
export function consoleWords(folder) {
  return {
    name: 'console-words',
    resolveId: (id) => (id.startsWith(OWN) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${OWN}`)) return null
      const language = join(folder, id.slice(OWN.length + 1))
      const words = {}
      for (const file of readdirSync(language).sort()) {
        if (!file.endsWith('.json')) continue
        this.addWatchFile(join(language, file))
        words[file.replace('.json', '')] = JSON.parse(readFileSync(join(language, file), 'utf8'))
      }
      return `export default ${JSON.stringify(words)}`
    },
  }
}

export function wordsOf(folder, language) {
  const words = {}
  for (const channel of readdirSync(folder, { withFileTypes: true })) {
    if (!channel.isDirectory()) continue
    const found = read(join(folder, channel.name, 'strings.toml'), language)
    if (Object.keys(found).length) words[channel.name] = found
  }
  return words
}

function read(path, language) {
  const found = {}
  let section = ''
  for (const line of linesOf(path)) {
    if (line.startsWith('[')) section = line.trim().slice(1, -1)
    const match = section === 'errors' && LINE.exec(line)
    if (!match) continue
    for (const [, code, text] of match[2].matchAll(WORD))
      if (code === language) found[match[1]] = JSON.parse(text)
  }
  return found
}

function linesOf(path) {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
