import { createRouter, createWebHistory } from 'vue-router'

import InboxPage from './InboxPage.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: { name: 'inbox', params: { view: 'unassigned' } } },
    { path: '/inbox', redirect: { name: 'inbox', params: { view: 'unassigned' } } },
    {
      path: '/inbox/:view(mine|unassigned|all|mentions|snoozed|closed)',
      component: InboxPage,
      children: [
        { path: '', name: 'inbox', component: { render: () => null } },
        { path: ':conversationId', name: 'conversation', component: { render: () => null } },
      ],
    },
    {
      path: '/contacts/companies/:companyId?',
      name: 'companies',
      component: () => import('./CompaniesPage.vue'),
    },
    {
      path: '/contacts/import/:importId?',
      name: 'imports',
      component: () => import('./ImportsPage.vue'),
    },
    {
      path: '/contacts/:contactId?',
      name: 'contacts',
      component: () => import('./ContactsPage.vue'),
    },
    {
      path: '/settings/:section?',
      name: 'settings',
      component: () => import('./SettingsPage.vue'),
    },
    { path: '/welcome', name: 'welcome', component: () => import('./WelcomePage.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
