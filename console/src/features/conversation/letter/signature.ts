/** What will stand below a letter, as the server puts it together: the agent's own above the inbox's, or as the inbox has it. */
export function signatureOf(settings: Record<string, unknown>, own: string): string {
  const ours = String(settings['signature'] ?? '').trim()
  const theirs = own.trim()
  if (settings['signature_of'] === 'inbox') return ours
  if (settings['signature_of'] === 'agent') return theirs || ours
  return [theirs, ours].filter(Boolean).join('\n')
}
