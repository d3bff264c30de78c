import type { Contact, RenderedTemplate, Template, TemplateVariable } from '@/api/types'

const PLACEHOLDER = /\{\{\s*([\w.]+)\s*\}\}/gu
const BODY_LIMIT = 1024
const HEADER_LIMIT = 60
const VALUE_LIMIT = 1024

export type Values = Record<string, string>
export type VariableProblem = 'required' | 'tooLong' | 'noLines' | 'bodyTooLong'

export interface VariableField {
  key: string
  component: 'header' | 'body' | 'button'
  /** What to call it: the name it was given, or its number. */
  name: string
  example: string
  kind: TemplateVariable['kind']
  required: boolean
  limit: number
}

function part(template: Template, type: string) {
  return template.components.find((component) => component.type.toUpperCase() === type)
}

export function bodyOf(template: Template): string {
  return part(template, 'BODY')?.text ?? ''
}

export function fieldsOf(template: Template): VariableField[] {
  return template.variables.map((variable) => {
    const component = componentOf(variable)
    return {
      key: variable.key,
      component,
      name: variable.label || variable.key,
      example: sampleOf(template, variable),
      kind: variable.kind,
      required: variable.required ?? true,
      limit: component === 'header' ? HEADER_LIMIT : VALUE_LIMIT,
    }
  })
}

/** The provider's sample for a link is the whole address; what is asked for is its end. */
function sampleOf(template: Template, variable: TemplateVariable): string {
  const sample = variable.example ?? ''
  if (variable.kind !== 'url') return sample
  const index = Number(variable.key.split('.')[1])
  const url = part(template, 'BUTTONS')?.buttons?.[index]?.url ?? ''
  const fixed = url.split('{{')[0] ?? ''
  return sample.startsWith(fixed) ? sample.slice(fixed.length) : sample
}

/** A file is chosen, everything else typed. */
export function isFile(field: VariableField): boolean {
  return ['image', 'video', 'document'].includes(field.kind)
}

function componentOf(variable: TemplateVariable): VariableField['component'] {
  const name = variable.component.toLowerCase()
  if (name.startsWith('header')) return 'header'
  return name.startsWith('button') ? 'button' : 'body'
}

const NAME_KEYS = new Set(['first_name', 'name', 'customer_name', 'full_name', 'last_name'])

/** Fills what is obvious: variables called after a name, or standing where a greeting has one. */
export function prefill(
  template: Template,
  contactName: string | null,
  contact: Contact | null = null,
): Values {
  const values: Values = {}
  for (const field of fieldsOf(template)) {
    const called =
      field.component === 'body' && isGreeted(template, field.name) ? 'name' : field.name
    const mapped = factOf(template.mapping[field.key], contactName, contact)
    values[field.key] = mapped || guess(called, contactName)
  }
  return values
}

/** What a mapping names: contact.name, contact.phone, attribute.member_since … Empty where it is not known. */
function factOf(source: string | undefined, name: string | null, contact: Contact | null): string {
  const [kind, key = ''] = (source ?? '').split(/\.(.*)/u)
  if (kind === 'attribute') return asText(contact?.attributes[key])
  if (kind !== 'contact') return ''
  if (key === 'phone' || key === 'email') {
    const wanted = key === 'phone' ? ['phone'] : ['email', 'address']
    const found = contact?.identities.find((each) => each.current && wanted.includes(each.kind))
    return found?.value ?? ''
  }
  return guess(key, name)
}

function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** "Hi {{1}}", "{{1}} 様": a number can only be a name there. */
function isGreeted(template: Template, name: string): boolean {
  if (!/^\d+$/u.test(name)) return false
  const variable = `\\{\\{\\s*${name}\\s*\\}\\}`
  return new RegExp(
    `(?:hi|hello|dear),?\\s+${variable}|${variable}\\s*(?:様|さま|さん)`,
    'iu',
  ).test(bodyOf(template))
}

function guess(variable: string, contactName: string | null): string {
  const name = contactName?.trim() ?? ''
  if (!name || !NAME_KEYS.has(variable)) return ''
  const words = name.split(/\s+/u)
  if (variable === 'first_name') return isFamilyFirst(name) ? name : (words[0] ?? name)
  if (variable === 'last_name')
    return isFamilyFirst(name) ? (words[0] ?? name) : (words.at(-1) ?? name)
  return name
}

/** Japanese, Chinese and Korean names put the family first: half of one would be rude. */
function isFamilyFirst(name: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(name)
}

/** The template as the customer will read it; empty variables stay visible as `{{1}}`. */
export function renderTemplate(template: Template, values: Values): RenderedTemplate {
  const header = part(template, 'HEADER')
  const buttons = part(template, 'BUTTONS')?.buttons ?? []
  return {
    header: header?.text ? fill(header.text, (name) => values[keyOf('header', name)]) : null,
    body: fill(bodyOf(template), (name) => values[keyOf('body', name)]),
    footer: part(template, 'FOOTER')?.text ?? null,
    buttons: buttons.map((button, index) => ({
      type: button.type,
      text: button.text,
      url: button.url ? fill(button.url, () => values[`button.${index}`]) : null,
    })),
  }
}

/** Body blanks go by what stands between the braces; a heading has one blank. */
function keyOf(component: 'header' | 'body', name: string): string {
  return component === 'header' ? 'header.1' : name
}

function fill(text: string, value: (name: string) => string | undefined): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => value(name)?.trim() || whole)
}

/** What is still wrong, by variable. Empty means: may be sent. */
export function checkValues(template: Template, values: Values): Record<string, VariableProblem> {
  const problems: Record<string, VariableProblem> = {}
  for (const field of fieldsOf(template)) {
    const problem = checkValue(field, values[field.key] ?? '')
    if (problem) problems[field.key] = problem
  }
  if ([...renderTemplate(template, values).body].length > BODY_LIMIT) {
    const longest = fieldsOf(template)
      .filter((field) => field.component === 'body')
      .sort((a, b) => (values[b.key] ?? '').length - (values[a.key] ?? '').length)[0]
    if (longest) problems[longest.key] ??= 'bodyTooLong'
  }
  return problems
}

function checkValue(field: VariableField, value: string): VariableProblem | null {
  if (value.trim() === '') return field.required ? 'required' : null
  if (isFile(field)) return null
  if (/[\n\t]| {5,}/u.test(value)) return 'noLines'
  return [...value].length > field.limit ? 'tooLong' : null
}

/** Approved templates that match, the reader's own language first, then by name. */
export function findTemplates(
  templates: Template[],
  search: { q: string; language: string },
  reader: string,
): Template[] {
  const wanted = search.q.trim().toLowerCase()
  return templates
    .filter((template) => template.status.toUpperCase() === 'APPROVED')
    .filter((template) => !search.language || template.language === search.language)
    .filter(
      (template) =>
        !wanted ||
        template.name.toLowerCase().includes(wanted) ||
        bodyOf(template).toLowerCase().includes(wanted),
    )
    .sort((a, b) => rank(a, reader) - rank(b, reader) || a.name.localeCompare(b.name))
}

function rank(template: Template, reader: string): number {
  return template.language.toLowerCase().startsWith(reader) ? 0 : 1
}
