/// Which layer a value comes from. Earlier ones win.
public enum SettingLayer: String, Sendable, CaseIterable {
    /// The command line.
    case flag
    /// A `ROSTRUM_` variable.
    case environment
    /// The settings file.
    case file
    /// The catalogue.
    case `default`
}

/// A layer and the place in it: the flag, the variable's name, the file's line.
public struct SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    /// The layer.
    public let layer: SettingLayer
    /// The place, empty for a default.
    public let place: String
    /// The layer, and the place where there is one.
    public var description: String { place.isEmpty ? layer.rawValue : "\(layer.rawValue): \(place)" }
}

/// One thing wrong with the settings: what, with which value, from where, what is allowed and what to do.
public struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
    /// A stable code.
    public enum Code: String, Sendable, CaseIterable {
        /// No setting has that name.
        case unknownKey = "settings.unknown_key"
        /// The value is not allowed.
        case badValue = "settings.bad_value"
        /// Two settings contradict each other.
        case contradiction = "settings.contradiction"
        /// The file, or a file that a `_FILE` variable names, cannot be read.
        case unreadable = "settings.unreadable"
    }
    /// The code.
    public let code: Code
    /// The whole text.
    public let text: String
    /// Code and text.
    public var description: String { "\(code.rawValue): \(text)" }
}

/// Everything wrong with the settings, found in one pass.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, at least one.
    public let problems: [SettingsProblem]
    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Finds the known name that somebody probably meant.
enum NearMiss {
    /// The candidate with the fewest edits, if those are few for its length. Letter case counts for nothing.
    static func find(_ name: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (candidate: $0, edits: edits(name.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { ($0.edits, $0.candidate) < ($1.edits, $1.candidate) }) else { return nil }
        return best.edits <= max(2, best.candidate.count / 4) ? best.candidate : nil
    }

    /// A sentence to append to an error, empty when nothing is near.
    static func hint(_ name: String, among candidates: [String]) -> String {
        find(name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Levenshtein's distance; both names are cut at 128 characters, which bounds the table.
    private static func edits(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars.prefix(128))
        let right = Array(right.unicodeScalars.prefix(128))
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
