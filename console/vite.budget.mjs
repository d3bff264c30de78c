import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { gzipSync } from 'node:zlib'

/** Says what the first load weighs, and fails the build when it is too much: `limit` in KiB of compressed JavaScript. */
export function firstLoadBudget({ page, words, limit }) {
  let sum = 0
  return {
    name: 'first-load-budget',
    apply: 'build',
    enforce: 'post',
    writeBundle(options, bundle) {
      const weigh = (name) => gzipSync(readFileSync(join(options.dir, name))).length
      const chunks = Object.values(bundle).filter((each) => each.type === 'chunk')
      const entry = chunks.find((each) => each.name === page && each.isEntry)
      if (!entry) return
      const found = atOnce(bundle, entry)
      // One language is loaded with the first page; the larger of each counts.
      const spoken = words.map((name) =>
        chunks.filter((each) => each.name === name).map((each) => weigh(each.fileName)),
      )
      sum = [...found].reduce((total, name) => total + weigh(name), 0)
      sum += Math.max(...spoken.map((each) => each.reduce((total, size) => total + size, 0)))
    },
    closeBundle() {
      if (!sum) return
      const kib = Math.round(sum / 102.4) / 10
      stdout.write(`first load: ${kib} KiB of compressed JavaScript, at most ${limit}\n`)
      if (kib > limit)
        throw new Error(
          `The first load weighs ${kib} KiB, more than ${limit}: load lazily what is not needed at once.`,
        )
    },
  }
}

function atOnce(bundle, entry) {
  const found = new Set()
  const visit = (name) => {
    if (found.has(name) || !bundle[name]) return
    found.add(name)
    for (const next of bundle[name].imports ?? []) visit(next)
  }
  visit(entry.fileName)
  return found
}
