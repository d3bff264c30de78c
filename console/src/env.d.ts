/// <reference types="vite/client" />

declare module 'virtual:words/*' {
  const words: Record<string, object>
  export default words
}

declare module 'virtual:channel-words/*' {
  const words: Record<string, Record<string, string>>
  export default words
}

declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUI(options: Record<string, unknown>): unknown
}
