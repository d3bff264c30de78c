import { createHash } from 'node:crypto'

/**
 * Finishes the service worker: the files of the console and a mark of the whole build go into it, so that a browser
 * sees a new worker exactly when something has changed.
 */
export function serviceWorker({ page, worker }) {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((each) => each.type === 'chunk' && each.name === page && each.isEntry)
      const sw = Object.values(bundle).find((each) => each.fileName === worker)
      if (!entry || !sw) return
      const shell = filesOf(bundle, entry)
      const mark = createHash('sha256')
      for (const name of Object.keys(bundle).sort()) mark.update(name)
      mark.update(sw.code)
      sw.code = sw.code
        .replaceAll('__BUILD__', JSON.stringify(mark.digest('hex').slice(0, 12)))
        .replaceAll('__SHELL__', JSON.stringify(shell))
    },
  }
}

/**
 * Everything the page may ask for later, too: while an old console is still open, the server has only the files of the
 * new one.
 */
function filesOf(bundle, entry) {
  const found = new Set()
  const visit = (name) => {
    const chunk = bundle[name]
    if (!chunk || found.has(name)) return
    found.add(name)
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style)
    for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) visit(next)
  }
  visit(entry.fileName)
  return [...found].sort()
}
