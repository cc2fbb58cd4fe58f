"""The words of a text, as searches compare them: the same on every store, whatever its own idea of a word is.

A text is spelled as words with single blanks between them: without case and accents, `&amp;` and its like read as the signs
that they stand for. Scripts that put no spaces between words, and emoji, are one word a sign: what stands beside one another
there is found as a phrase. Signs that tables of old do not know are spelled by their number, so that no store passes over them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What X writes for the three signs that it escapes in posts; v1.1 and people's exports have the others.
ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
ESCAPES = re.compile("|".join(ESCAPED))
# Thai to Myanmar, Khmer, kana, Han.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Accents of Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic, and what selects the look of a sign or the
# colour of a skin. Marks that make another letter, as in kana and the scripts of India, are none of these.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U0001f3fb-\U0001f3ff]"
)
# Latin letters that bear their accent as a part of them. Elasticsearch's `asciifolding` takes them for the same ones.
ACCENTED = str.maketrans(
    dict(zip("ıøłđðħŧŋƀɓƈɗɖƒɠɨƙƚɲɵɔəɛʈʉʋƴƶ", "iolddhtnbbcddfgiklnooaetuvyz", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
)
MARKS = (
    "\u0900-\u0963\u0966-\u096f\u0971-\u0aef\u0af1-\u0df3\u0f71-\u0f84\u0f86-\u0fbc\u1920-\u193b\u1a17-\u1a1b\u1b00-\u1b44"
    "\u302a-\u302f\u3099\u309a"
)
THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
WORD = re.compile(rf"(?:[^\W_{UNSPACED}]++|[{MARKS}]++)++|[{UNSPACED}][{THAI_MARKS}]*|[^\w\s\x00-\x7f\u2010-\u205e]")
ASCII_WORD = re.compile("[a-z0-9]+")
# ASCII, Latin letters that are one of ASCII's with an accent, and the signs of print.
PLAIN = re.compile(
    "[\t\n\r -~\u00a0\u00a1\u00ab\u00b7\u00bb\u00bf-\u00c5\u00c7-\u00cf\u00d1-\u00d6\u00d9-\u00dd\u00e0-\u00e5\u00e7-\u00ef"
    "\u00f1-\u00f6\u00f9-\u00fd\u00ff-\u010f\u0112-\u0125\u0128-\u012f\u0134-\u0137\u0139-\u013e\u0143-\u0148\u014c-\u0151"
    "\u0154-\u0165\u0168-\u017e\u2010-\u201f\u2026\u20ac]*"
)


def spelled(text: str) -> str:
    """The words of a text with a blank between any two; empty if it has none."""
    if PLAIN.fullmatch(text):  # three times as quick as the way for all
        bare = _unescaped(text) if text.isascii() else ACCENTS.sub("", unicodedata.normalize("NFKD", _unescaped(text)))
        return " ".join(ASCII_WORD.findall(bare.lower()))
    return " ".join(filter(None, map(_word, WORD.findall(_folded(_unescaped(text))))))


def is_plain(text: str) -> bool:
    """Whether a full text that knows Latin letters and their accents reads the same words in the text as it stands."""
    return PLAIN.fullmatch(text) is not None and not ESCAPES.search(text)


def _unescaped(text: str) -> str:
    return ESCAPES.sub(lambda found: ESCAPED[found[0]], text) if "&" in text else text


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.replace("™", " ").replace("℠", " ").casefold())
    return unicodedata.normalize("NFC", ACCENTS.sub("", bare)).casefold().translate(ACCENTED)


@lru_cache(maxsize=1 << 13)  # a word takes 140 bytes there
def _word(word: str) -> str:
    """Letters as they are; a sign that is none, or is of a later plane, by its number; empty for signs that are no word."""
    if word.isalnum() and max(word) < "\U00010000":
        return word
    if len(word) == 1 and not word.isalnum() and unicodedata.category(word) not in ("So", "Co"):
        return ""
    return "".join(f"x{ord(sign):x}x" if _is_strange(sign) else sign for sign in word)


def _is_strange(sign: str) -> bool:
    return sign > "\uffff" or unicodedata.category(sign)[0] in "SC"
