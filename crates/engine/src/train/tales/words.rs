//! The words of the tales, by what they can stand for.

/// A word as the model sees it: one token.
pub(super) type Word = &'static str;

/// Names of women.
pub(super) const WOMEN: [Word; 24] = [
    "Anna", "Mary", "Emma", "Lucy", "Rosa", "Clara", "Nina", "Ella", "Ruth", "Jane", "Sara",
    "Lily", "Ida", "Eva", "Vera", "Alice", "Helen", "Grace", "Nora", "Olga", "Martha", "Julia",
    "Kate", "Elsa",
];

/// Names of men.
pub(super) const MEN: [Word; 24] = [
    "Tom", "John", "Peter", "Paul", "Max", "Ben", "Sam", "Jack", "Leo", "Hugo", "Oscar", "Felix",
    "Henry", "James", "Karl", "David", "Simon", "Adam", "Martin", "Otto", "George", "Frank",
    "Walter", "Luke",
];

/// Things that one can carry: one of them, several of them.
pub(super) const THINGS: [[Word; 2]; 60] = [
    ["lantern", "lanterns"],
    ["rope", "ropes"],
    ["apple", "apples"],
    ["drum", "drums"],
    ["key", "keys"],
    ["lamp", "lamps"],
    ["ring", "rings"],
    ["book", "books"],
    ["hat", "hats"],
    ["box", "boxes"],
    ["coin", "coins"],
    ["cup", "cups"],
    ["candle", "candles"],
    ["basket", "baskets"],
    ["bell", "bells"],
    ["letter", "letters"],
    ["map", "maps"],
    ["knife", "knives"],
    ["spoon", "spoons"],
    ["plate", "plates"],
    ["bottle", "bottles"],
    ["ball", "balls"],
    ["doll", "dolls"],
    ["kite", "kites"],
    ["coat", "coats"],
    ["scarf", "scarves"],
    ["glove", "gloves"],
    ["shoe", "shoes"],
    ["boot", "boots"],
    ["blanket", "blankets"],
    ["pillow", "pillows"],
    ["brush", "brushes"],
    ["comb", "combs"],
    ["mirror", "mirrors"],
    ["clock", "clocks"],
    ["pen", "pens"],
    ["stick", "sticks"],
    ["stone", "stones"],
    ["shell", "shells"],
    ["feather", "feathers"],
    ["flower", "flowers"],
    ["pear", "pears"],
    ["plum", "plums"],
    ["egg", "eggs"],
    ["loaf", "loaves"],
    ["cake", "cakes"],
    ["jar", "jars"],
    ["jug", "jugs"],
    ["bucket", "buckets"],
    ["hammer", "hammers"],
    ["needle", "needles"],
    ["button", "buttons"],
    ["ribbon", "ribbons"],
    ["flute", "flutes"],
    ["sack", "sacks"],
    ["spade", "spades"],
    ["rake", "rakes"],
    ["axe", "axes"],
    ["net", "nets"],
    ["broom", "brooms"],
];

/// Things that stay where they are: one of them, several of them.
pub(super) const FIXTURES: [[Word; 2]; 12] = [
    ["door", "doors"],
    ["wall", "walls"],
    ["gate", "gates"],
    ["window", "windows"],
    ["tree", "trees"],
    ["bench", "benches"],
    ["table", "tables"],
    ["chair", "chairs"],
    ["fence", "fences"],
    ["cart", "carts"],
    ["statue", "statues"],
    ["bush", "bushes"],
];

/// Places that one can go to and put a thing in.
pub(super) const PLACES: [Word; 40] = [
    "barn", "well", "market", "garden", "kitchen", "cellar", "attic", "tower", "mill", "church",
    "school", "library", "bakery", "harbor", "cave", "forest", "meadow", "field", "orchard",
    "stable", "shed", "castle", "palace", "temple", "museum", "theater", "station", "inn", "bank",
    "tavern", "chapel", "hall", "office", "yard", "cottage", "cabin", "hut", "tent", "workshop",
    "pantry",
];

/// Syllables of songs, which mean nothing.
pub(super) const SYLLABLES: [Word; 40] = [
    "blick", "dax", "wug", "fep", "zib", "tul", "mof", "nar", "gop", "kel", "rin", "sud", "vab",
    "lom", "pim", "tav", "hox", "jup", "quo", "bem", "dof", "gim", "hul", "kip", "lar", "mep",
    "nim", "pog", "rud", "sil", "tiz", "vek", "wol", "yat", "zan", "bor", "cib", "dul", "fim",
    "gak",
];

/// Colours, in lists and of things.
pub(super) const COLOURS: [Word; 10] =
    ["red", "blue", "green", "yellow", "black", "white", "brown", "grey", "pink", "purple"];

/// What a noun can be, besides coloured.
pub(super) const STATES: [Word; 6] = ["old", "new", "dirty", "clean", "wet", "broken"];

/// How a person can feel.
pub(super) const FEELINGS: [Word; 6] = ["tired", "hungry", "happy", "cold", "sad", "ill"];

/// Numbers, in lists.
pub(super) const NUMBERS: [Word; 10] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Pronouns: for a man, for a woman. The first names the form in a line.
pub(super) const PRONOUNS: [[Word; 2]; 4] =
    [["he", "she"], ["He", "She"], ["him", "her"], ["his", "her"]];

/// Verbs that agree: with one, with several. The first names the verb in a line.
pub(super) const VERBS: [[Word; 2]; 3] = [["is", "are"], ["was", "were"], ["has", "have"]];

/// What may stand before a subject, words joined by `_`, with its weight.
pub(super) const OPENERS: [(Word, f64); 7] = [
    ("", 0.76),
    ("Then", 0.08),
    ("Later", 0.04),
    ("Soon", 0.04),
    ("Meanwhile", 0.03),
    ("The_next_day", 0.03),
    ("After_that", 0.02),
];

/// Whether `name` is a woman's.
pub(super) fn is_woman(name: Word) -> bool {
    WOMEN.contains(&name)
}

/// `a` or `an`, as `noun` asks.
pub(super) fn article(noun: Word) -> Word {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
