import { Inbox, Settings, Users } from 'lucide-vue-next'

export const places = [
  { name: 'inbox', to: '/inbox', icon: Inbox, match: '/inbox' },
  { name: 'contacts', to: '/contacts', icon: Users, match: '/contacts' },
  { name: 'settings', to: '/settings', icon: Settings, match: '/settings' },
] as const
