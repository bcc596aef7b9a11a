/// Collects the problems of a whole ruleset; bounded, because a hostile file could have millions.
struct DiagnosticBag {
    /// More than this are not kept, only counted.
    static let maximum = 1_000
    /// 'Did you mean' compares a name with all others; so many names are compared for a whole ruleset.
    private static let maximumComparisons = 20_000

    private(set) var diagnostics: [Diagnostic] = []
    /// How many were not kept.
    private(set) var omitted = 0
    private(set) var hasErrors = false
    /// Some file could not be read, so that what is not known may stand in it.
    private(set) var hasUnreadFiles = false
    private var comparisons = 0

    mutating func add(_ diagnostic: Diagnostic) {
        if diagnostic.severity == .error { hasErrors = true }
        if diagnostics.count < Self.maximum {
            diagnostics.append(diagnostic)
        } else {
            omitted += 1
        }
    }

    mutating func noteUnreadFile() { hasUnreadFiles = true }

    /// The name that may have been meant.
    mutating func nearest(_ name: String, among names: some Collection<String>) -> String? {
        guard comparisons < Self.maximumComparisons else { return nil }
        comparisons += names.count
        return Nearest.match(name, among: names)
    }
}

/// The nearest of some names, for 'did you mean'.
enum Nearest {
    /// The name at the smallest edit distance, if that is at most a third of its length, and at least 2 is allowed.
    static func match(_ name: String, among names: some Collection<String>) -> String? {
        var best: (distance: Int, name: String)?
        let length = name.utf8.count
        for candidate in names where abs(candidate.utf8.count - length) <= 24 {
            let distance = distance(name, candidate)
            if distance <= max(2, candidate.count / 3), best.map({ (distance, candidate) < $0 }) ?? true {
                best = (distance, candidate)
            }
        }
        return best?.name
    }

    /// Levenshtein's distance, over the first 64 characters.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars.prefix(64))
        let right = Array(right.unicodeScalars.prefix(64))
        var row = Array(0...right.count)
        for (index, scalar) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (other, candidate) in right.enumerated() {
                let substitution = diagonal + (scalar == candidate ? 0 : 1)
                diagonal = row[other + 1]
                row[other + 1] = min(substitution, diagonal + 1, row[other] + 1)
            }
        }
        return row[right.count]
    }
}

extension String {
    /// The text for a message: shortened, so that a diagnostic stays a line whatever the file holds.
    var quotable: String {
        let isShort = unicodeScalars.prefix(61).count <= 60
        let short = isShort ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(57))) + "…"
        return short.contains("\n") ? short.split(separator: "\n").joined(separator: " ") : short
    }
}
