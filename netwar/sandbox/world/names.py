"""The words that screen names are made of: 64 colours and the like, of five letters each, and 64 animals."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COLOURS = _words("""
    Amber Brisk Quiet Sunny Rapid Lunar Solar Polar Royal Rural Urban Vivid Witty Young Green Brown Black White
    Olive Ivory Coral Dusty Early Eager Fancy Fleet Fresh Giant Happy Ideal Jolly Light Lucky Merry Misty Noble
    North South Ocean Plain Proud Quick Ready River Rocky Round Salty Sharp Shiny Silky Small Smart Snowy Solid
    Spicy Still Stone Storm Sweet Swift Tidal Upper Windy Zesty
""")

ANIMALS = _words("""
    Heron Otter Finch Raven Robin Eagle Tiger Horse Mouse Panda Koala Lemur Moose Bison Camel Zebra Hyena Gecko
    Viper Cobra Shark Whale Squid Trout Perch Snail Crane Stork Quail Goose Swan Dove Wren Lark Hawk Kite Ibis
    Toad Frog Newt Lynx Puma Wolf Bear Deer Goat Lamb Mole Vole Hare Mink Seal Crab Clam Moth Wasp Ant Bee Fox Owl
    Cat Yak Emu Elk
""")
