"""Finding people by what somebody typed: Chinese characters of any region, Latin letters, pinyin, Hong Kong spellings.

`folding` brings both sides to one form, `readings` knows how a character may be spelled, `query` reads what was typed,
`index` finds and ranks. Everything is derived from the stored name alone: better rules need no new name cards.
"""
