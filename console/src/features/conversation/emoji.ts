const split = (text: string) => text.split(' ')

/** The emoji people send to customers; the system's own picker has the rest. */
export const EMOJI: readonly (readonly [string, string[]])[] = [
  [
    'faces',
    split('😀 😄 😁 😊 🙂 😉 😍 🥰 😂 🤣 😅 😌 😎 🤔 😮 😢 😭 😔 😴 🤗 😇 🥳 😋 🙄 😬 🤒 😷'),
  ],
  ['hands', split('🙏 👍 👎 👌 👏 🙌 🤝 ✌️ 🤞 💪 👋 🙇 🙋 🙆 🙅 ☝️ 👉 👈')],
  ['hearts', split('❤️ 🧡 💛 💚 💙 💜 🤍 🖤 💕 💐 🌸 ✨ ⭐ 🎉 🎊 🎁 🎂 🎈')],
  [
    'things',
    split('☕ 🍵 🍰 🍪 🥐 🍞 🍽️ 🛍️ 📦 🚚 📍 🏠 🏪 📞 📱 💻 📧 📷 🧾 💳 💴 🔑 🗓️ ⏰ ⏳ 🚗 ✈️'),
  ],
  ['signs', split('✅ ☑️ ❌ ⚠️ ❗ ❓ 💡 🔔 🔍 🔗 ➡️ ⬅️ ⬆️ ⬇️ 🆗 🆕 🆓 💯')],
]
