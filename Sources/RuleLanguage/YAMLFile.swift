internal import Yams

/// Collects the problems of a whole ruleset; bounded, because a hostile file could have millions.
struct DiagnosticBag {
    /// More than this are not kept.
    static let maximum = 1_000
    private(set) var diagnostics: [Diagnostic] = []

    mutating func add(_ diagnostic: Diagnostic) {
        if diagnostics.count < Self.maximum { diagnostics.append(diagnostic) }
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// A YAML node with its file: reads values of the expected type and says what is wrong where they are not.
struct YAMLNode {
    let node: Node
    let source: RuleText

    var range: SourceRange {
        guard let mark = node.mark else { return SourceRange(line: 1, column: 1) }
        let width: Int
        if case .scalar(let scalar) = node, scalar.style != .literal, scalar.style != .folded {
            width = max(1, scalar.string.split(separator: "\n").first?.unicodeScalars.count ?? 1)
        } else {
            width = 1
        }
        return SourceRange(line: mark.line, column: mark.column, length: width)
    }

    var string: String? {
        guard case .scalar(let scalar) = node else { return nil }
        return scalar.string
    }

    /// Whether it was written with quotation marks or as a block.
    var isQuoted: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style != .plain && scalar.style != .any
    }

    /// The scalar's text with the way back to the file.
    ///
    /// YAML's marks name the bar of a block scalar, not its text: the text starts on the next line, at the indentation
    /// of its first line that is not blank.
    var embeddedText: EmbeddedText? {
        guard case .scalar(let scalar) = node, let mark = node.mark else { return nil }
        switch scalar.style {
        case .literal, .folded:
            var line = mark.line + 1
            while line - mark.line < 1_000, source.line(line).allSatisfy({ $0 == " " }), line <= source.lines.count { line += 1 }
            let indent = source.line(line).prefix { $0 == " " }.count
            return EmbeddedText(
                scalar.string, firstLine: mark.line + 1, firstColumn: indent + 1, otherColumns: indent + 1)
        case .singleQuoted, .doubleQuoted:
            return EmbeddedText(
                scalar.string, firstLine: mark.line, firstColumn: mark.column + 1, otherColumns: mark.column + 1)
        default:
            return EmbeddedText(scalar.string, firstLine: mark.line, firstColumn: mark.column, otherColumns: mark.column)
        }
    }

    /// The elements of a sequence; a single value counts as a sequence of one.
    var elements: [YAMLNode]? {
        switch node {
        case .sequence(let sequence): sequence.map { YAMLNode(node: $0, source: source) }
        case .scalar: [self]
        default: nil
        }
    }

    /// The members of a mapping in file order.
    var members: [(key: YAMLNode, value: YAMLNode)]? {
        guard case .mapping(let mapping) = node else { return nil }
        return mapping.map { (YAMLNode(node: $0.key, source: source), YAMLNode(node: $0.value, source: source)) }
    }
}

/// Turns a rule file's text into YAML nodes, with everything refused that YAML allows and rule files have no need of.
enum YAMLFile {
    /// A file may have this many values.
    static let maximumNodes = 100_000

    static func read(_ source: RuleText, _ bag: inout DiagnosticBag) -> YAMLNode? {
        guard source.text.utf8.count <= RuleText.maximumSize else {
            bag.add(
                Diagnostic(
                    .fileTooLarge, path: source.path, range: SourceRange(line: 1, column: 1),
                    "the file has \(source.text.utf8.count) bytes; \(RuleText.maximumSize) are allowed",
                    cure: "split it"))
            return nil
        }
        guard refuseAnchors(source, &bag) else { return nil }
        do {
            guard let node = try Yams.compose(yaml: source.text) else {
                bag.add(
                    Diagnostic(
                        .notAMapping, path: source.path, range: SourceRange(line: 1, column: 1), "the file is empty",
                        cure: "write 'topic: …' or remove the file"))
                return nil
            }
            var count = 0
            guard countNodes(node, &count) else {
                bag.add(
                    Diagnostic(
                        .tooManyNodes, path: source.path, range: SourceRange(line: 1, column: 1),
                        "the file has more than \(maximumNodes) values or nests deeper than 20", cure: "split it"))
                return nil
            }
            return YAMLNode(node: node, source: source)
        } catch let error as YamlError {
            bag.add(diagnostic(error, source))
        } catch {
            bag.add(
                Diagnostic(
                    .invalidYAML, path: source.path, range: SourceRange(line: 1, column: 1), "the file is not valid YAML"))
        }
        return nil
    }

    /// Anchors must be refused before the file is parsed, because aliases are expanded while it is: nine levels of them
    /// never end. An anchor always follows white space, a line start or a flow indicator, so looking for that misses
    /// none; inside a quotation it may refuse a harmless `&x`, which a space mends.
    private static func refuseAnchors(_ source: RuleText, _ bag: inout DiagnosticBag) -> Bool {
        var isClean = true
        for (index, line) in source.lines.enumerated() where line.utf8.contains(UInt8(ascii: "&")) {
            var before: Unicode.Scalar = " "
            let scalars = Array(line.unicodeScalars)
            if scalars.first(where: { $0 != " " }) == "#" { continue }
            for (column, scalar) in scalars.enumerated() {
                let next: Unicode.Scalar = column + 1 < scalars.count ? scalars[column + 1] : " "
                if scalar == "&", " \t[{,:-?".unicodeScalars.contains(before), next != " ", next != "\t" {
                    isClean = false
                    bag.add(
                        Diagnostic(
                            .anchorOrAlias, path: source.path,
                            range: SourceRange(line: index + 1, column: column + 1, length: 2),
                            "anchors and aliases are not allowed in rule files",
                            cure: "repeat the value or use a list; write '& ' with a space where the character is meant"))
                }
                before = scalar
            }
        }
        return isClean
    }

    private static func countNodes(_ node: Node, _ count: inout Int, depth: Int = 0) -> Bool {
        count += 1
        guard count <= maximumNodes, depth <= 20 else { return false }
        switch node {
        case .mapping(let mapping):
            return mapping.allSatisfy {
                countNodes($0.key, &count, depth: depth + 1) && countNodes($0.value, &count, depth: depth + 1)
            }
        case .sequence(let sequence): return sequence.allSatisfy { countNodes($0, &count, depth: depth + 1) }
        default: return true
        }
    }

    private static func diagnostic(_ error: YamlError, _ source: RuleText) -> Diagnostic {
        func make(_ problem: String, _ mark: Mark?, _ code: DiagnosticCode = .invalidYAML, cure: String) -> Diagnostic {
            let range = SourceRange(line: max(mark?.line ?? 1, 1), column: max(mark?.column ?? 1, 1))
            return Diagnostic(code, path: source.path, range: range, problem, cure: cure)
        }
        let quoting = "check the indentation; text with : # | \" * or $ belongs in quotation marks or a block scalar (find: |)"
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let line = source.line(mark.line).trimmingSpaces
            if line.hasPrefix("find:") || line.hasPrefix("not_inside:") || line.hasPrefix("not_document:") {
                return make(
                    "a query outside a block scalar: \(problem)", mark, .unquotedQuery,
                    cure: "write 'find: |' and the query on the next line, indented")
            }
            return make("not valid YAML: \(problem)", mark, cure: quoting)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return make(
                "the key '\(duplicates.joined(separator: "', '"))' stands twice in one mapping", context.mark, .duplicateKey,
                cure: "keep one of them")
        case .reader(let problem, _, _, _):
            return make("not readable as UTF-8 text: \(problem)", nil, cure: "save it as UTF-8")
        default:
            return make("not valid YAML", nil, cure: quoting)
        }
    }
}
