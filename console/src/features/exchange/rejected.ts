import type { RejectedRow } from '@/api/imports'
import { i18n, t } from '@/shared/i18n'

/** Why a row was not taken, in the reader's language; a reason we have no words for in the server's. */
export function reasonOf(row: RejectedRow): string {
  const key = `exchange.reason.${row.code}`
  return i18n.global.te(key) ? t(key, row.values) : row.message
}

const FORMULA = /^[=+\-@\t\r]/u
const NUMBER = /^[+-]?\d+(\.\d+)?$/u

/** One cell of a CSV file; no spreadsheet takes it for a formula. */
function cell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The rows as they stood, with their line, the column that is meant and the reason before them. */
export function asCsv(head: string[], rows: RejectedRow[]): string {
  const lines = rows.map((row) => [String(row.line), row.column, reasonOf(row), ...row.cells])
  return [head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')
}
