/// British and American spellings of one word.
///
/// Three families follow rules (organise/organize, behaviour/behavior, licence/license and their derivatives); the rest
/// are pairs. What a rule makes that no one writes does no harm: it occurs in no text.
enum Spellings {
    /// The other spellings of a folded word, without itself.
    static func variants(of word: String) -> Set<String> {
        var variants: Set<String> = []
        for swap in [isOrIz(word), ourOrOr(word), doubledL(word)] {
            if let swap { variants.insert(swap) }
        }
        for (stem, other) in swaps[word.utf8.first ?? 0, default: []] where word.hasPrefix(stem) {
            variants.insert(other + word.dropFirst(stem.count))
        }
        variants.remove(word)
        return variants
    }

    /// Words that keep their s or z on both sides of the Atlantic and whose swap is another word.
    private static let fixedIsOrIz: Set<String> = ["prise", "prize", "prised", "prized", "prises", "prizes"]

    private static func isOrIz(_ word: String) -> String? {
        guard word.utf8.count >= 6, !fixedIsOrIz.contains(word) else { return nil }
        let endings = ["e", "ed", "es", "er", "ers", "ing", "ation", "ations", "able", "ational", "ement"]
        for ending in endings where word.hasSuffix(ending) {
            let stem = word.dropLast(ending.count)
            if stem.hasSuffix("is") || stem.hasSuffix("ys") { return stem.dropLast() + "z" + ending }
            if stem.hasSuffix("iz") || stem.hasSuffix("yz") { return stem.dropLast() + "s" + ending }
        }
        return nil
    }

    private static let ourStems = byFirstLetter([
        "behavi", "col", "hon", "hum", "lab", "neighb", "harb", "rum", "fav", "endeav", "arm", "vap", "rig", "vig",
        "val", "od", "tum", "cland", "parl", "savi", "sav", "glam", "ard", "cand", "splend", "fl", "dishon",
        "misbehavi",
    ])

    private static func ourOrOr(_ word: String) -> String? {
        for stem in ourStems[word.utf8.first ?? 0, default: []] where word.hasPrefix(stem) {
            let rest = word.dropFirst(stem.count)
            if rest.hasPrefix("our") { return stem + "or" + rest.dropFirst(3) }
            if rest.hasPrefix("or") { return stem + "our" + rest.dropFirst(2) }
        }
        return nil
    }

    private static let doublingStems = byFirstLetter([
        "travel", "counsel", "cancel", "label", "model", "signal", "level", "fuel", "channel", "tunnel", "marshal",
        "enrol", "fulfil", "instal", "instil", "distil", "jewel", "dial", "total", "panel", "equal", "rival",
    ])

    /// travelled/traveled, enrolment/enrollment.
    private static func doubledL(_ word: String) -> String? {
        for stem in doublingStems[word.utf8.first ?? 0, default: []] where word.hasPrefix(stem) {
            let rest = word.dropFirst(stem.count)
            guard !rest.isEmpty else { return stem.hasSuffix("rol") || stem.hasSuffix("fil") ? stem + "l" : nil }
            if rest == "l" { return stem }
            return rest.hasPrefix("l") ? stem + rest.dropFirst() : stem + "l" + rest
        }
        return nil
    }

    /// Each side of `stems` with the other, by their first letter.
    private static let swaps = Dictionary(
        grouping: stems.flatMap { [(stem: $0.british, other: $0.american), (stem: $0.american, other: $0.british)] },
        by: { $0.stem.utf8.first! })

    /// Words are many and stems a hundred: each is compared with few of them.
    private static func byFirstLetter(_ stems: [String]) -> [UInt8: [String]] {
        Dictionary(grouping: stems) { $0.utf8.first! }
    }

    /// Beginnings of words; endings follow on both sides alike.
    private static let stems: [(british: String, american: String)] = [
        ("defence", "defense"), ("offence", "offense"), ("licence", "license"), ("practise", "practice"),
        ("pretence", "pretense"), ("centre", "center"), ("theatre", "theater"), ("metre", "meter"), ("litre", "liter"),
        ("calibre", "caliber"), ("fibre", "fiber"), ("sabre", "saber"), ("spectre", "specter"), ("cheque", "check"),
        ("programme", "program"), ("paedo", "pedo"), ("paediatric", "pediatric"), ("anaesth", "anesth"),
        ("haem", "hem"), ("foet", "fet"), ("manoeuvre", "maneuver"), ("grey", "gray"),
        ("jewellery", "jewelry"), ("judgement", "judgment"), ("acknowledgement", "acknowledgment"), ("ageing", "aging"),
        ("sceptic", "skeptic"), ("gaol", "jail"), ("catalogue", "catalog"), ("dialogue", "dialog"), ("mould", "mold"),
        ("moult", "molt"), ("plough", "plow"), ("pyjama", "pajama"), ("sulph", "sulf"), ("aluminium", "aluminum"),
        ("artefact", "artifact"), ("enquir", "inquir"),
        ("counselling", "counseling"), ("mum", "mom"), ("encyclopaed", "encycloped"),
        ("caesar", "cesar"), ("orthopaed", "orthoped"), ("analogue", "analog"), ("yoghurt", "yogurt"),
    ]
}
