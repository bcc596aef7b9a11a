/// The forms under which a word of a rule is looked for: singular and plural, British and American spelling.
///
/// Expansion happens when rules are compiled, so that the scanning loop compares whole words and nothing else. It is
/// deliberately generous: a form that is no English word costs nothing, because it occurs in no text. Words that only
/// look like plurals are listed, so that `news` is not `new`.
public enum WordForms {
    /// All forms of a folded word, itself included, sorted.
    /// - Parameter word: lower case, without diacritics, as `QueryWords` gives it.
    public static func forms(of word: String) -> [String] {
        guard word.utf8.count >= 3, word.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
        else {
            return [word]
        }
        var forms: Set<String> = [word]
        for spelling in Spellings.variants(of: word) { forms.insert(spelling) }
        for spelling in forms {
            for number in numbers(of: spelling) {
                forms.insert(number)
                forms.formUnion(Spellings.variants(of: number))
            }
        }
        return forms.sorted()
    }

    /// Whether folding away the plural makes another word of it: a lint warns where a rule relies on such a word.
    public static func changesMeaningInPlural(_ word: String) -> Bool {
        meaningsThatDiffer.contains(word)
    }

    private static let meaningsThatDiffer: Set<String> = [
        "custom", "customs", "arm", "arms", "force", "forces", "authority", "authorities", "good", "goods", "damage",
        "damages", "cell", "cells", "term", "terms", "minute", "minutes", "proceed", "proceeds", "sanction", "charge",
        "minor", "minors", "spirit", "spirits", "saving", "savings", "colour", "colours", "ground", "grounds",
    ]

    /// Words that end in s and are no plural, or whose singular is another word.
    private static let invariable: Set<String> = [
        "news", "means", "species", "series", "politics", "ethics", "economics", "physics", "mathematics", "his", "its",
        "this", "was", "has", "does", "yes", "always", "perhaps", "across", "chaos", "corps", "diabetes",
        "headquarters", "crossroads", "us", "as", "is",
        "afterwards", "towards", "besides", "overseas", "sometimes", "thus", "various", "previous", "forensics",
        "logistics", "statistics", "analytics", "tennis", "christmas", "texas", "paris", "wales", "mars",
        "united", "hers", "ours", "theirs", "yours", "whereas", "else", "less", "unless", "nations",
    ]

    private static let irregular: [(singular: String, plural: String)] = [
        ("man", "men"), ("woman", "women"), ("child", "children"), ("foot", "feet"), ("tooth", "teeth"),
        ("mouse", "mice"), ("life", "lives"), ("knife", "knives"), ("wife", "wives"), ("thief", "thieves"),
        ("half", "halves"), ("leaf", "leaves"), ("wolf", "wolves"), ("analysis", "analyses"), ("crisis", "crises"),
        ("basis", "bases"), ("criterion", "criteria"), ("phenomenon", "phenomena"), ("hypothesis", "hypotheses"),
        ("parenthesis", "parentheses"), ("thesis", "theses"), ("ex-wife", "ex-wives"),
    ]

    private static let irregularForms: [String: [String]] = {
        var forms: [String: [String]] = [:]
        for pair in irregular {
            forms[pair.singular, default: []].append(pair.plural)
            forms[pair.plural, default: []].append(pair.singular)
        }
        return forms
    }()

    /// The other grammatical numbers of a word.
    private static func numbers(of word: String) -> [String] {
        if let forms = irregularForms[word] { return forms }
        if let person = compoundOfMan(word) { return [person] }
        if invariable.contains(word) { return [] }
        let singulars = singulars(of: word)
        return singulars.isEmpty ? [plural(of: word)] : singulars + singulars.map(plural)
    }

    /// policeman, policewoman and their plurals, fireman…
    private static func compoundOfMan(_ word: String) -> String? {
        guard word.utf8.count >= 6 else { return nil }
        if word.hasSuffix("man"), !word.hasSuffix("human"), !word.hasSuffix("german") {
            return String(word.dropLast(2)) + "en"
        }
        return word.hasSuffix("men") && !word.hasSuffix("specimen") && !word.hasSuffix("regimen")
            ? String(word.dropLast(2)) + "an" : nil
    }

    /// What the word may be the plural of: two guesses where the spelling leaves it open (`abuses`, `buses`).
    private static func singulars(of word: String) -> [String] {
        let ends = ["ss", "us", "is"]
        guard word.utf8.count >= 4, word.hasSuffix("s"), !ends.contains(where: word.hasSuffix),
            !singularsInS.contains(word)
        else { return [] }
        if word.hasSuffix("ies"), word.utf8.count >= 5 { return [String(word.dropLast(3)) + "y"] }
        for ending in ["sses", "shes", "ches", "xes", "zzes"] where word.hasSuffix(ending) {
            return [String(word.dropLast(2))]
        }
        let stem = String(word.dropLast(2))
        return word.hasSuffix("ses") && singularsInS.contains(stem) ? [stem] : [String(word.dropLast())]
    }

    /// Words that end in s in the singular, beyond those in us, is and ss.
    private static let singularsInS: Set<String> = [
        "lens", "gas", "bus", "plus", "alias", "bias", "atlas", "canvas", "virus", "campus", "census", "focus", "bonus",
        "nexus", "circus", "status", "genus", "cactus", "consensus",
    ]

    private static func plural(of word: String) -> String {
        for ending in ["s", "sh", "ch", "x", "z"] where word.hasSuffix(ending) { return word + "es" }
        if word.hasSuffix("y"), let before = word.dropLast().last, !"aeiou".contains(before) {
            return String(word.dropLast()) + "ies"
        }
        return word + "s"
    }
}
