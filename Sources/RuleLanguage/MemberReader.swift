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
                let nearest = bag.nearest(name, among: keys)
                bag.add(
                    Diagnostic(
                        .unknownKey, path: source.path, range: key.range, "\(what) has no key '\(name.quotable)'",
                        cure: nearest.map { "did you mean '\($0)'?" }
                            ?? "allowed are \(keys.sorted().joined(separator: ", "))"))
                continue
            }
            members[name] = value
        }
    }

    subscript(key: String) -> YAMLNode? { members[key] }

    /// Where a member's value stands, else the mapping.
    func range(of key: String) -> SourceRange { members[key]?.range ?? range }

    func report(
        _ code: DiagnosticCode, _ range: SourceRange, _ message: String, cure: String, _ bag: inout DiagnosticBag
    ) {
        bag.add(Diagnostic(code, path: source.path, range: range, message, cure: cure))
    }

    // MARK: Texts and numbers

    /// A text that must be there and not be empty.
    func requiredText(_ key: String, _ bag: inout DiagnosticBag) -> String? {
        guard members[key] != nil else {
            missing(key, &bag)
            return nil
        }
        return text(key, &bag)
    }

    func missing(_ key: String, _ bag: inout DiagnosticBag) {
        report(.missingKey, range, "'\(key)' is missing", cure: "add '\(key): …'", &bag)
    }

    /// A text that may be absent but not empty.
    func text(_ key: String, _ bag: inout DiagnosticBag) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.string else {
            wrongType(value, key, "a text", cure: "write '\(key): …' on one line", &bag)
            return nil
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            empty(value, key, &bag)
            return nil
        }
        return text
    }

    /// A list of texts; one text counts as a list of one.
    func texts(_ key: String, _ bag: inout DiagnosticBag) -> [String] {
        guard let value = members[key] else { return [] }
        if value.isAbsent {
            empty(value, key, &bag)
            return []
        }
        guard let elements = value.elements else {
            wrongType(value, key, "a list of texts", cure: "write '\(key): [one, another]'", &bag)
            return []
        }
        return elements.compactMap { element in
            if let text = element.string { return text }
            wrongType(element, key, "a list of texts", cure: "write '\(key): [one, another]'", &bag)
            return nil
        }
    }

    func integer(_ key: String, _ bag: inout DiagnosticBag) -> Int? {
        guard let value = members[key] else { return nil }
        guard let text = value.string, !value.isQuoted, let number = Int(text) else {
            wrongType(value, key, "a whole number", cure: "write the number alone, without quotation marks", &bag)
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
            wrongType(value, key, "true or false", cure: "write '\(key): true' or '\(key): false'", &bag)
            return nil
        }
    }

    // MARK: Lists and mappings

    /// The mappings of a list, each of them read; none where the key is absent.
    func mappings(_ key: String, of what: String, _ bag: inout DiagnosticBag) -> [YAMLNode] {
        guard let value = members[key] else { return [] }
        if value.isAbsent {
            empty(value, key, &bag)
            return []
        }
        guard let elements = value.sequence else {
            wrongType(value, key, "a list", cure: "begin each \(what) with '- '", &bag)
            return []
        }
        return elements
    }

    /// The members of a mapping whose keys are names of the author's choice.
    func entries(_ key: String, holding what: String, _ bag: inout DiagnosticBag) -> [(key: YAMLNode, value: YAMLNode)]
    {
        guard let value = members[key] else { return [] }
        if value.isAbsent {
            empty(value, key, &bag)
            return []
        }
        guard let entries = value.members else {
            wrongType(value, key, "a mapping of \(what)", cure: "write 'name: …' lines below it, indented", &bag)
            return []
        }
        return entries
    }

    private func empty(_ value: YAMLNode, _ key: String, _ bag: inout DiagnosticBag) {
        report(.emptyValue, value.range, "'\(key)' is empty", cure: "give it a value or leave the key out", &bag)
    }

    // MARK: Queries

    /// The queries of a text, one a line.
    func queries(_ key: String, _ bag: inout DiagnosticBag) -> [Query] {
        members[key].map { Self.queries(of: $0, key, &bag) } ?? []
    }

    static func queries(of value: YAMLNode, _ key: String, _ bag: inout DiagnosticBag) -> [Query] {
        func report(_ code: DiagnosticCode, _ range: SourceRange, _ message: String, _ cure: String?) {
            bag.add(Diagnostic(code, path: value.source.path, range: range, message, cure: cure))
        }
        let blockScalar = "write '\(key): |' and one query a line below it, indented"
        switch value.scalarText {
        case nil: report(.wrongType, value.range, "'\(key)' must be a text of queries", blockScalar)
        case .folded:
            report(.unquotedQuery, value.range, "'>' makes one line, and so one query, of all lines", blockScalar)
        case .severalLines:
            report(.unquotedQuery, value.range, "without a block scalar all lines become one query", blockScalar)
        case .text(let text):
            let parser = QueryParser(text)
            for problem in parser.problems {
                report(problem.code, text.range(problem.offsets), problem.message, problem.cure)
            }
            if parser.queries.isEmpty, parser.problems.isEmpty {
                report(.emptyQuery, value.range, "'\(key)' holds no query", blockScalar)
            }
            return parser.queries
        }
        return []
    }

    func wrongType(
        _ value: YAMLNode, _ key: String, _ expected: String, cure: String, _ bag: inout DiagnosticBag
    ) {
        report(.wrongType, value.range, "'\(key.quotable)' must be \(expected)", cure: cure, &bag)
    }
}
