/// Reads the members of one mapping: knows which keys are allowed, reports the others with the nearest allowed key, and
/// reports values of the wrong type. What is wrong is left out; reading goes on.
struct MemberReader {
    let source: RuleText
    let range: SourceRange
    private var members: [String: YAMLNode] = [:]

    /// - Parameter what: how diagnostics name the mapping, such as `a rule`.
    init?(_ node: YAMLNode, what: String, keys: Set<String>, _ bag: inout DiagnosticBag) {
        source = node.source
        range = node.range
        guard let entries = node.members else {
            bag.add(
                Diagnostic(
                    .notAMapping, path: source.path, range: range, "\(what) must be a mapping of keys to values",
                    cure: "write 'key: value' lines"))
            return nil
        }
        for (key, value) in entries {
            let name = key.string ?? ""
            guard keys.contains(name) else {
                let nearest = Nearest.match(name, among: keys)
                bag.add(
                    Diagnostic(
                        .unknownKey, path: source.path, range: key.range, "\(what) has no key '\(name)'",
                        cure: nearest.map { "did you mean '\($0)'?" }
                            ?? "allowed are \(keys.sorted().joined(separator: ", "))"))
                continue
            }
            members[name] = value
        }
    }

    subscript(key: String) -> YAMLNode? { members[key] }

    /// A text that must be there and not be empty.
    func requiredText(_ key: String, _ bag: inout DiagnosticBag) -> String? {
        guard members[key] != nil else {
            missing(key, &bag)
            return nil
        }
        return text(key, &bag)
    }

    func missing(_ key: String, _ bag: inout DiagnosticBag) {
        bag.add(
            Diagnostic(.missingKey, path: source.path, range: range, "'\(key)' is missing", cure: "add '\(key): …'"))
    }

    /// A text that may be absent but not empty.
    func text(_ key: String, _ bag: inout DiagnosticBag) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.string else {
            wrongType(value, key, "a text", &bag)
            return nil
        }
        guard !text.trimmingSpaces.isEmpty else {
            bag.add(
                Diagnostic(
                    .emptyValue, path: source.path, range: value.range, "'\(key)' is empty",
                    cure: "give it a value or leave the key out"))
            return nil
        }
        return text
    }

    /// A list of texts; one text counts as a list of one.
    func texts(_ key: String, _ bag: inout DiagnosticBag) -> [String] {
        guard let value = members[key] else { return [] }
        guard let elements = value.elements else {
            wrongType(value, key, "a list of texts", &bag)
            return []
        }
        return elements.compactMap { element in
            if let text = element.string { return text }
            wrongType(element, key, "a list of texts", &bag)
            return nil
        }
    }

    func integer(_ key: String, _ bag: inout DiagnosticBag) -> Int? {
        guard let value = members[key] else { return nil }
        guard let text = value.string, !value.isQuoted, let number = Int(text) else {
            wrongType(value, key, "a whole number", &bag)
            return nil
        }
        return number
    }

    func boolean(_ key: String, _ bag: inout DiagnosticBag) -> Bool? {
        guard let value = members[key] else { return nil }
        switch value.string {
        case "true": return true
        case "false": return false
        default:
            wrongType(value, key, "true or false", &bag)
            return nil
        }
    }

    /// The queries of a block of text, one a line.
    func queries(_ key: String, _ bag: inout DiagnosticBag) -> [Query] {
        guard let value = members[key] else { return [] }
        guard let text = value.embeddedText else {
            wrongType(value, key, "a text of queries", &bag)
            return []
        }
        return Self.parse(text, key: key, at: value, &bag)
    }

    static func parse(
        _ text: EmbeddedText, key: String, at value: YAMLNode, _ bag: inout DiagnosticBag
    ) -> [Query] {
        let parser = QueryParser(text)
        for problem in parser.problems {
            bag.add(
                Diagnostic(
                    problem.code, path: value.source.path, range: text.range(problem.offsets), problem.message,
                    cure: problem.cure))
        }
        if parser.queries.isEmpty, parser.problems.isEmpty {
            bag.add(
                Diagnostic(
                    .emptyQuery, path: value.source.path, range: value.range, "'\(key)' holds no query",
                    cure: "write a query on a line of its own, or leave the key out"))
        }
        return parser.queries
    }

    func wrongType(_ value: YAMLNode, _ key: String, _ expected: String, _ bag: inout DiagnosticBag) {
        bag.add(
            Diagnostic(
                .wrongType, path: source.path, range: value.range, "'\(key)' must be \(expected)",
                cure: "see Config/rules/README.md"))
    }
}

/// The nearest of some names, for 'did you mean'.
enum Nearest {
    /// The name at the smallest edit distance, if that is at most a third of its length, and at least 2 is allowed.
    static func match(_ name: String, among names: some Collection<String>) -> String? {
        let ranked = names.map { ($0, distance(name, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let (best, distance) = ranked, distance <= max(2, best.count / 3) else { return nil }
        return best
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
