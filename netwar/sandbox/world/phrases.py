"""The stock of phrases and words that posts are made of, in several scripts. One phrase a line."""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


PHRASES = (
    (
        "en",
        _lines("""
            the harbour at dawn
            nobody asked why
            we counted again
            a slow train north
            rain &amp; wind
            three of us stayed
            so it begins
            prices rose by 4%
            read this twice
            an old map of the valley
            what a match!
            1 &lt; 2, they say
            good morning ☀️
            no comment 🙃
            “quoted, not said”
            thread 🧵 below
        """),
    ),
    (
        "de",
        _lines("""
            der Hafen am Morgen
            niemand fragte nach
            wir zählten noch einmal
            ein langsamer Zug
            Regen &amp; Wind
            drei blieben da
            die Straße nach Süden
            für alle Fälle
            schöne Grüße 🥨
            was für ein Spiel!
            heute früh im Büro
            das ist groß
        """),
    ),
    (
        "es",
        _lines("""
            el puerto al amanecer
            nadie preguntó
            contamos otra vez
            un tren lento
            lluvia y viento
            ¿quién lo dijo?
            mañana será otro día
            los niños juegan ⚽
            qué partido
            según el mapa
        """),
    ),
    (
        "el",
        _lines("""
            το λιμάνι την αυγή
            κανείς δεν ρώτησε
            μετρήσαμε πάλι
            ένα αργό τρένο
            βροχή και άνεμος
            καλημέρα 🌊
            τι αγώνας
            ο παλιός χάρτης
        """),
    ),
    (
        "ru",
        _lines("""
            гавань на рассвете
            никто не спросил
            мы считали снова
            медленный поезд
            дождь и ветер
            доброе утро
            какой матч
            старая карта
        """),
    ),
    (
        "ar",
        _lines("""
            الميناء عند الفجر
            لم يسأل أحد
            عددنا من جديد
            قطار بطيء
            مطر وريح
            صباح الخير
            يا لها من مباراة
            خريطة قديمة
        """),
    ),
    (
        "ja",
        _lines("""
            夜明けの港
            誰も聞かなかった
            もう一度数えた
            遅い列車
            雨と風
            おはよう☀️
            すごい試合
            古い地図
        """),
    ),
    (
        "und",
        _lines("""
            🙂🙃🙂
            😂😂😂
            👩‍👩‍👧‍👦 🇬🇷
            … … …
            🔥🔥
            💯
        """),
    ),
)
SYLLABLES = tuple(first + second for first in "ktrslmvdpngfbzhjw" for second in "aeiou")[:64]
TAGS = ("harbour", "Brexit", "πόλη", "выборы", "OpenData", "rain2024", "東京", "fußball", "news", "climate", "election", "музыка")
CASHTAGS = ("TWTR", "ACME", "XYZ", "NWR")
