import { fold } from '@/shared/keys/fuzzy'

export interface Emoji {
  sign: string
  /** English and Japanese words it is found by. */
  words: string
}

/** The emoji people send to customers; the system's own picker has the rest. */
const LISTS: Record<string, string> = {
  faces: `😀 grin happy 笑顔 にこにこ|😄 smile laugh 笑顔 えがお|😁 beam grin にっこり|😊 blush smile 笑顔 ほほえみ 照れ|🙂 slight smile ほほえみ
😉 wink ウインク|😍 heart eyes love 大好き 目がハート|🥰 love adore hearts 大好き しあわせ|😂 joy tears laugh 大笑い 泣き笑い
🤣 rolling laugh 爆笑|😅 sweat relief 汗 苦笑い|😌 relieved calm 安心 ほっと|😎 cool sunglasses サングラス かっこいい|🤔 think hmm 考える うーん
😮 wow surprised 驚き びっくり|😢 sad cry tear 悲しい 涙|😭 sob cry 号泣 泣く|😔 sad pensive しょんぼり 残念|😴 sleep tired 眠い 寝る
🤗 hug ハグ|😇 angel innocent 天使|🥳 party celebrate お祝い パーティー|😋 yummy delicious おいしい|🙄 eyes roll あきれ
😬 grimace awkward 気まずい|🤒 ill fever 病気 熱|😷 mask ill マスク 風邪`,
  hands: `🙏 please thanks pray お願い ありがとう 感謝|👍 thumbs up good yes いいね 了解|👎 thumbs down bad no よくない|👌 ok perfect オーケー
👏 clap applause 拍手|🙌 hooray hands ばんざい やった|🤝 handshake deal 握手 よろしく|✌️ peace victory ピース|🤞 luck fingers crossed 幸運 祈る
💪 strong muscle 力 頑張る|👋 wave hello bye 手を振る こんにちは さようなら|🙇 bow sorry お辞儀 すみません お詫び|🙋 raise hand question 挙手 はい
🙆 ok person 丸 大丈夫|🙅 no person 罰 だめ|☝️ point up 上 ひとつ|👉 point right 右 これ|👈 point left 左`,
  hearts: `❤️ heart love red ハート 愛 赤|🧡 heart orange ハート オレンジ|💛 heart yellow ハート 黄色|💚 heart green ハート 緑|💙 heart blue ハート 青
💜 heart purple ハート 紫|🤍 heart white ハート 白|🖤 heart black ハート 黒|💕 hearts love ハート 恋|💐 bouquet flowers 花束 花|🌸 cherry blossom flower 桜 花
✨ sparkles きらきら|⭐ star 星|🎉 party tada お祝い おめでとう|🎊 confetti くす玉 おめでとう|🎁 gift present プレゼント 贈り物|🎂 cake birthday 誕生日 ケーキ
🎈 balloon 風船`,
  things: `☕ coffee コーヒー|🍵 tea お茶|🍰 cake ケーキ|🍪 cookie クッキー|🥐 croissant クロワッサン パン|🍞 bread パン|🍽️ meal plate 食事 皿
🛍️ shopping bags 買い物|📦 parcel box package 荷物 箱|🚚 truck delivery 配送 トラック|📍 pin place 場所 地図|🏠 house home 家|🏪 store shop 店 コンビニ
📞 phone call 電話|📱 mobile phone 携帯 スマホ|💻 computer laptop パソコン|📧 mail email メール|📷 camera photo カメラ 写真|🧾 receipt bill 領収書 レシート
💳 card credit カード 支払い|💴 yen money お金 円|🔑 key 鍵|🗓️ calendar date カレンダー 予定|⏰ alarm clock time 時計 時間|⏳ hourglass wait 砂時計 待つ
🚗 car 車|✈️ plane flight 飛行機`,
  signs: `✅ check done yes 完了 チェック|☑️ check box チェック|❌ cross no wrong ばつ だめ|⚠️ warning caution 注意 警告|❗ exclamation important 重要 びっくり
❓ question はてな 質問|💡 idea bulb ひらめき アイデア|🔔 bell notice ベル 通知|🔍 search 検索 虫眼鏡|🔗 link リンク|➡️ arrow right 右 矢印|⬅️ arrow left 左 矢印
⬆️ arrow up 上 矢印|⬇️ arrow down 下 矢印|🆗 ok オーケー|🆕 new 新しい 新着|🆓 free 無料|💯 hundred perfect 満点 百点`,
}

export const EMOJI: readonly (readonly [string, Emoji[]])[] = Object.entries(LISTS).map(
  ([name, list]) => [
    name,
    list.split(/[|\n]/u).map((entry) => {
      const [sign = '', ...words] = entry.trim().split(' ')
      return { sign, words: fold(words.join(' ')) }
    }),
  ],
)

/** Those with a word that begins with what is asked for, then those that contain it. */
export function findEmoji(query: string): string[] {
  const asked = fold(query.trim())
  const all = EMOJI.flatMap(([, list]) => list)
  const begins = all.filter(({ words }) => ` ${words}`.includes(` ${asked}`))
  const contains = all.filter((each) => !begins.includes(each) && each.words.includes(asked))
  return [...begins, ...contains].map(({ sign }) => sign)
}
